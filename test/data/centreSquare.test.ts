import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { centreSquare } from "../../src/data/centreSquare.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";

const plane = (h: number, w: number) =>
  Uint8Array.from({ length: h * w }, (_, i) => ((i * 2654435761) >>> 20) & (i % 7 === 0 ? 255 : 127));
const sizes = [
  [20, 20, 8],
  [31, 17, 12],
  [17, 45, 16],
  [64, 64, 28],
  [9, 12, 32],
  [28, 28, 28],
  [100, 33, 64],
] as const;

const python = findPython("PIL", "numpy") ?? "";

it.skipIf(skip(!python, "no Python with Pillow"))(
  "equals Pillow's bilinear resizing, and the centre, bit for bit",
  () => {
    const folder = scratchFolder();
    for (const [h, w] of sizes) writeFileSync(join(folder, `${h}x${w}`), plane(h, w));
    const program = `
import json
import numpy as np
from PIL import Image
out = []
for h, w, s in ${JSON.stringify(sizes)}:
    image = Image.fromarray(np.fromfile(f"{h}x{w}", np.uint8).reshape(h, w))
    size = (s, int(s * h / w)) if w <= h else (int(s * w / h), s)
    left, top = [int(round((side - s) / 2)) for side in size]
    small = image.resize(size, Image.BILINEAR).crop((left, top, left + s, top + s))
    out.append(np.asarray(small).ravel().tolist())
print(json.dumps(out))
`;
    const expected = JSON.parse(runPython(python, program, [], folder)) as number[][];
    for (const [i, [h, w, side]] of sizes.entries())
      expect([...centreSquare(plane(h, w), h, w, side)], `${h} × ${w} to ${side}`).toEqual(expected[i]);
  },
);

it("a plane of one value keeps it, and one of that size its bytes", () => {
  for (const value of [0, 1, 128, 255])
    expect([...new Set(centreSquare(new Uint8Array(21 * 13).fill(value), 21, 13, 8))]).toEqual([value]);
  expect(centreSquare(plane(16, 16), 16, 16, 16)).toEqual(plane(16, 16));
});
