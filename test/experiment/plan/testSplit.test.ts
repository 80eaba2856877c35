import { expect, test } from "vitest";
import { Inputs } from "../../../src/experiment/plan/Inputs.ts";

test("receivers are measured on the test half, or on the training half where a file says so", async () => {
  const inputs = new Inputs(".");
  const ref = { data: "strokes", images: 20 };
  const [plain, held, named] = await Promise.all([
    inputs.test(ref, "trial"),
    inputs.test({ ...ref, split: "train" }, "trial"),
    inputs.test({ ...ref, split: "test" }, "trial"),
  ]);
  expect(held.shape).toEqual(plain.shape);
  expect(held.pixels).not.toEqual(plain.pixels);
  expect(named.pixels).toEqual(plain.pixels);
  const train = await inputs.train("strokes", "trial");
  expect(held.pixels).toEqual(train.pixels.subarray(0, held.pixels.length));
  expect(await inputs.testDigest({ ...ref, split: "train" }, "trial")).not.toBe(await inputs.testDigest(ref, "trial"));
});
