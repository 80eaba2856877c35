import { expect, it } from "vitest";
import { type Calibration, checkSpelling, methodName } from "../../src/audit/calibration.ts";

it.each(["dm", "RDED, crops of 2024", " random real ", "方法", "x".repeat(64)])("%j is a name", (name) => {
  expect(methodName(name, "test")).toBe(name.trim());
});

it.each(["", "  ", "a\nb", "a\u001b[31m", "a\u202eb", "x".repeat(65), "all", " ALL "])("%j is none", (name) => {
  expect(() => methodName(name, "test")).toThrow(/^test: invalid --method: expected a name of /);
});

it("two spellings of one name are refused", () => {
  const library = { sets: [{ method: "random-real" }] } as unknown as Calibration;
  expect(() => checkSpelling("Random Real", library, "test")).toThrow(/expected "random-real" as the library has it/);
  expect(() => checkSpelling("random-real", library, "test")).not.toThrow();
  expect(() => checkSpelling("dm", library, "test")).not.toThrow();
  expect(() => checkSpelling("dm", undefined, "test")).not.toThrow();
});
