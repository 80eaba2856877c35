import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePicture } from "../../src/formats/pictures/decodePicture.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";
import { type AnyPng, encodeAnyPng, expectedPixels, forms, samplesOf } from "./encodeAnyPng.ts";

const python = findPython("PIL");
if (!python) console.warn("skipped: no Python with PIL (RETORT_PYTHON)");

const picture = (form: (typeof forms)[number]): fc.Arbitrary<AnyPng> =>
  fc
    .record({
      width: fc.integer({ min: 1, max: 19 }),
      height: fc.integer({ min: 1, max: 19 }),
      filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 7 }),
    })
    .chain(({ width, height, filters }) => {
      const length = width * height * samplesOf[form.colour];
      return fc
        .array(fc.integer({ min: 0, max: 2 ** form.depth - 1 }), { minLength: length, maxLength: length })
        .map((samples) => ({ ...form, width, height, filters, samples }));
    });

describe.each(forms)("PNG colour type $colour, $depth bits, interlace $interlace", (form) => {
  it("gives the pixels that were written, whatever the filters and the size", async () => {
    await fc.assert(
      fc.asyncProperty(picture(form), async (wanted) => {
        const { image, extras } = await decodePicture(encodeAnyPng(wanted));
        expect([image.width, image.height]).toEqual([wanted.width, wanted.height]);
        expect([...image.data]).toEqual(expectedPixels(wanted));
        expect(extras.some(({ rule }) => rule === "picture-16-bit")).toBe(form.depth === 16);
      }),
      { numRuns: 25 },
    );
  });
});

describe.skipIf(skip(!python, "no Python with PyTorch"))("PIL, which reads with libpng's rules, sees the same", () => {
  it("in every form, at sizes around those of the passes", async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, "p"));
    const cases = forms.flatMap((form) => fc.sample(picture(form), { numRuns: 6, seed: 14 }));
    const names = cases.map((wanted, i) => {
      writeFileSync(join(folder, "p", `${i}.png`), encodeAnyPng(wanted));
      return { name: `${i}.png`, grey: wanted.colour === 0 || wanted.colour === 4, wide: wanted.depth === 16 };
    });
    const program = `
import json, sys
from PIL import Image
out = []
for case in json.loads(sys.argv[1]):
    image = Image.open('p/' + case['name'])
    image.load()
    if image.mode.startswith('I'): data = [v >> 8 for v in image.getdata()]
    else: data = list(image.convert('L' if case['grey'] else 'RGB').tobytes())
    out.append(data)
print(json.dumps(out))`;
    const seen = JSON.parse(runPython(python as string, program, [JSON.stringify(names)], folder)) as number[][];
    for (const [i, wanted] of cases.entries()) {
      const { image } = await decodePicture(encodeAnyPng(wanted));
      expect([...image.data], JSON.stringify({ ...wanted, samples: undefined })).toEqual(seen[i]);
    }
  });
});
