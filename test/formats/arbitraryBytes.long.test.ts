import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import type { Format } from "../../src/formats/Format.ts";
import * as formats from "../../src/formats/formats.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { setToNpz } from "../../src/formats/npz.ts";
import { npyMagic } from "../../src/formats/numpy/npyFile.ts";
import { openSet } from "../../src/formats/open.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { legacyMagic } from "../../src/formats/torch/openTorchLegacy.ts";
import { writeDc } from "../../src/formats/torch/writeTorch.ts";
import { arbitrarySet } from "./arbitrarySet.ts";
import { cat } from "./hostile/bytes.ts";
import * as p from "./hostile/pickles.ts";
import { torchFile } from "./hostile/zips.ts";

const maxBytes = 2 ** 26;
const registry: Record<string, Format> = formats;

/** A set or a DataError, and in time. */
async function holds(read: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await read().catch((error) => {
    if (!(error instanceof DataError)) throw error;
  });
  expect(performance.now() - start).toBeLessThan(2000);
}

const magics = [
  [],
  [0x50, 0x4b, 3, 4],
  npyMagic,
  legacyMagic,
  [0x80, 2],
  [0x80, 4, 0x95],
  [8, 0, 0, 0, 0, 0, 0, 0, 0x7b],
] as const;
const arbitraryFile = fc
  .tuple(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 300 }))
  .map(([magic, bytes]) => cat(magic, bytes));

/** Pickles of random opcodes: nearly every one is legal for a few steps. */
const opcodes = "()].}]euasbRtQX\x85\x86\x87\x88\x89NKMJqhUc\x93\x94\x81";
const piece = fc.oneof(
  fc.constantFrom(...opcodes).map((char) => cat(char)),
  fc.constantFrom(
    ...[
      p.text("data"),
      p.int(3),
      p.get(0),
      p.put(0),
      p.tensor(),
      p.emptyOrderedDict,
      p.global("torch", "FloatStorage"),
    ],
    ...[
      p.global("numpy", "dtype"),
      p.global("torch", "Size"),
      p.tuple(p.int(2), p.int(3)),
      p.list(),
      p.shortBytes("b"),
    ],
  ),
);
const arbitraryPickle = fc.array(piece, { maxLength: 40 }).map((pieces) => cat(p.proto(), ...pieces, "."));

const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
const edited = (bytes: Uint8Array, changes: readonly (readonly [number, number])[]) => {
  const out = new Uint8Array(bytes);
  for (const [at, value] of changes) out[at % out.length] = value;
  return out;
};

describe("arbitrary bytes give a set or a DataError, nothing else", () => {
  it("openSet", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFile, (bytes) => holds(() => openSet(memorySource(bytes), { maxBytes }))),
      { numRuns: 1000 },
    );
  });

  for (const [name, format] of Object.entries(registry))
    it(`${name}, whether or not it recognises them`, async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryFile, async (bytes) => {
          await holds(() => format.read(memorySource(bytes), { maxBytes }));
          await holds(() =>
            format.read(
              memoryFolder(
                new Map([
                  ["a/images.pt", bytes],
                  ["a/labels.pt", bytes],
                ]),
              ),
              { maxBytes },
            ),
          );
          const confidence = await format.detect(memorySource(bytes));
          expect(confidence >= 0 && confidence <= 1).toBe(true);
        }),
        { numRuns: 100 },
      );
    });

  it("pickles of random opcodes, alone and in a torch file", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPickle, async (pickle) => {
        await holds(() => formats.pythonPickle.read(memorySource(pickle), { maxBytes }));
        await holds(() => formats.torch.read(memorySource(torchFile(pickle)), { maxBytes }));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("mutated files give a set or a DataError, nothing else", () => {
  const writers = {
    safetensors: setToSafetensors,
    npz: setToNpz,
    torch: (set: Parameters<typeof writeDc>[0]) => [...writeDc(set).files.values()][0],
  };
  for (const [name, write] of Object.entries(writers))
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(arbitrarySet, edits, (set, changes) =>
          holds(() => openSet(memorySource(edited(write(set), changes)), { maxBytes })),
        ),
        { numRuns: 400 },
      );
    });

  it("every single byte of a small torch file, changed in three ways", async () => {
    const file = torchFile(p.pickle(p.tensor()));
    for (let at = 0; at < file.length; at++)
      for (const change of [1, 128, 255]) {
        const bytes = new Uint8Array(file);
        bytes[at] ^= change;
        await holds(() => openSet(memorySource(bytes), { maxBytes }));
      }
  });

  it("every beginning of a small torch, safetensors and npz file", async () => {
    const { images, ...rest } = (
      await openSet(memorySource(setToSafetensors(fc.sample(arbitrarySet, { numRuns: 1, seed: 1 })[0])))
    ).set as Parameters<typeof writeDc>[0];
    for (const write of Object.values(writers)) {
      const file = write({ images, ...rest });
      for (let length = 0; length < file.length; length += 3)
        await expect(openSet(memorySource(file.subarray(0, length)), { maxBytes })).rejects.toBeInstanceOf(DataError);
    }
  });
});

it("a file nobody recognises is refused with what it begins with and what could be read", async () => {
  await expect(openSet(memorySource(cat("GIF89a!!")))).rejects.toThrow(
    /bytes: unknown content: expected one of .*safetensors.*, got bytes 47 49 46 38 39 61 21 21 \("GIF89a!!"\)/,
  );
  await expect(openSet(memorySource(cat()))).rejects.toThrow("got an empty file");
  await expect(openSet(memorySource(cat("x")), { format: "word" })).rejects.toThrow(
    /unknown format: expected one of .*torch/,
  );
});
