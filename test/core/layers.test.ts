import { expect, it } from "vitest";
import { layered } from "../../src/core/layers.ts";

const dm = { distil: "cifar-10", method: "dm", ipc: 10 };

it.each([
  ["options over options", { ipc: 1 }, { ...dm, ipc: 1 }],
  ["another raw dataset alone keeps the method", { distil: "mnist" }, { ...dm, distil: "mnist" }],
  ["another method starts afresh", { distil: "mnist", method: "dc" }, { distil: "mnist", method: "dc" }],
  ["a file starts afresh", { file: "a.pt" }, { file: "a.pt" }],
])("%s", (_, above, expected) => {
  expect(layered(dm, above)).toEqual(expected);
});

it("a raw dataset over a file starts afresh", () => {
  expect(layered({ file: "a.pt", ipc: 1 }, { distil: "mnist" })).toEqual({ distil: "mnist" });
});
