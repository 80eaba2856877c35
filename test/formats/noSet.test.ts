import { describe, expect, it } from "vitest";
import { memorySource } from "../../src/formats/memorySource.ts";
import { noSet } from "../../src/formats/noSet.ts";
import { writeNpy } from "../../src/formats/numpy/npyFile.ts";
import { openSet } from "../../src/formats/open.ts";
import { writeZip } from "../../src/formats/zip/writeZip.ts";
import { inspect } from "../../src/index.ts";

describe("why a file holds no set", () => {
  it.each([
    [[], "no array is of images, [N, C, H, W]"],
    [[{ path: "weight", dtype: "float32", shape: [4, 3] }], "no array is of images"],
    [[{ path: "images", dtype: "float32", shape: [0, 3, 32, 32] }], "`images` [0, 3, 32, 32] holds no image"],
    [[{ path: "images", dtype: "float32", shape: [10, 4, 32, 32] }], "has neither one channel nor three"],
    [[{ path: "images", dtype: "float32", shape: [10, 3, 1, 1] }], "holds images of 1×1 pixels"],
    [[{ path: "images", dtype: "int64", shape: [10, 3, 8, 8] }], "holds int64, neither bytes nor floats"],
    [
      [{ path: "features.0", dtype: "float32", shape: [10, 3, 8, 8] }],
      "has the shape of images, but labels are missing",
    ],
  ])("%j: %s", (objects, said) => {
    expect(noSet(objects)).toContain(said);
  });

  it("is told with the name of the file where a reader refuses it", async () => {
    const images = writeNpy({ dtype: "float32", shape: [2, 3, 6, 6], data: new Float32Array(216) });
    const labels = writeNpy({ dtype: "int32", shape: [2], data: Int32Array.of(0, -3) });
    const file = writeZip(
      new Map([
        ["images.npy", images],
        ["labels.npy", labels],
      ]),
    );
    await expect(openSet(memorySource(file, "shared.npz"))).rejects.toThrow(/^shared\.npz: npz: invalid label 1/);
    await expect(openSet(memorySource(file.slice(0, 200), "cut.npz"))).rejects.toThrow(/^cut\.npz: [^c]/);
  });

  it("is told by inspect, without making the file suspicious", async () => {
    const images = writeNpy({ dtype: "float32", shape: [2, 4, 6, 6], data: new Float32Array(288) });
    const { inspection } = await inspect(writeZip(new Map([["images.npy", images]])));
    expect(inspection.set).toBeUndefined();
    expect(inspection.verdict).toBe("fine");
    expect(inspection.findings).toEqual([
      {
        severity: "note",
        rule: "no-set",
        message: "holds no set: `images` [2, 4, 6, 6] has neither one channel nor three",
      },
    ]);
  });
});
