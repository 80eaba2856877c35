import { calibration, calibrationKind } from "../../src/audit/calibration.ts";
import { defaultAudit } from "../../src/audit/settings.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { setDigest } from "../../src/disk/setDigest.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { calibrationSettings } from "../../src/library/audit.ts";
import { calibrationText } from "../../src/run/calibrationFile.ts";
import { drawings } from "../experiment/drawings.ts";

/** A set of the drawings' classes and another shape. */
function reshaped([c, h, w]: [number, number, number], classes = 10): DistilledSet {
  const images = Float32Array.from({ length: classes * c * h * w }, (_, i) => (i % 251) / 251);
  const labels = { kind: "hard", classes: Int32Array.from({ length: classes }, (_, i) => i) } as const;
  return drawings({ images, shape: [classes, c, h, w], labels, classes, normalisation: { kind: "unit" } });
}

const experiment = (more: string) => `test: { data: strokes, images: 20 }\nset: { file: set.safetensors }\n${more}\n`;

/** A library that holds the drawings under another name. */
const library = calibration.parse({
  format: "retort-calibration/1",
  kind: calibrationKind(drawings()),
  settings: calibrationSettings(defaultAudit),
  sets: [{ made: "dm, elsewhere.npz", method: "dm", content: setDigest(drawings()), scores: { inversion: 0.5 } }],
});

/** Name → content of every file that a misuse names. */
export const files: Readonly<Record<string, Uint8Array | string>> = {
  "set.safetensors": setToSafetensors(drawings()),
  "tall.safetensors": setToSafetensors(reshaped([3, 32, 24])),
  "grey.safetensors": setToSafetensors(reshaped([1, 32, 32])),
  "small.safetensors": setToSafetensors(reshaped([3, 28, 28])),
  "tiny.safetensors": setToSafetensors(reshaped([3, 4, 4])),
  "lone.safetensors": setToSafetensors(reshaped([3, 32, 32], 1)),
  "seven.safetensors": setToSafetensors(reshaped([3, 32, 32], 7)),
  "hollow.safetensors": setToSafetensors({
    ...drawings(),
    labels: { kind: "hard", classes: Int32Array.from({ length: 10 }, (_, i) => Math.max(1, i)) },
  }),
  "text.txt": "no set at all",
  "empty.bin": "",
  "alias.yaml": "a: *missing\n",
  "bomb.yaml": `a: &a [1,1,1,1,1,1,1,1,1]\n${"bcdefghij".replace(/./g, (c) => `${c}: &${c} [${Array(9).fill(`*${String.fromCharCode(c.charCodeAt(0) - 1)}`)}]\n`)}`,
  "cycle.yaml": "test: &a { data: *a }\n",
  "deep.yaml": `a: ${"[".repeat(5000)}${"]".repeat(5000)}\n`,
  "tag.yaml": experiment("seed: !!js/function 'function () {}'"),
  "binary.yaml": new Uint8Array([0xff, 0xfe, 0, 1, 2, 255]),
  "twice.yaml": "seed: 1\nseed: 2\n",
  "list.yaml": "- 1\n- 2\n",
  "nan.yaml": experiment("seed: .nan"),
  "huge.yaml": experiment("seed: 1e999"),
  "part.yaml": experiment("network: { name: ConvNet }"),
  "axis.yaml": experiment("matrix: { atack: [badNets] }"),
  "fine.yaml": experiment("attack: { method: cleanLabel }"),
  "tall.yaml": experiment("").replace("set.saf", "tall.saf"),
  "seven.yaml": experiment("").replace("set.saf", "seven.saf"),
  "tiny.yaml": experiment("").replace("set.saf", "tiny.saf"),
  "nothing.yaml": experiment("attack: { method: cleanLabel, share: 0 }"),
  "alpha.yaml": experiment("attack: { method: poisonedDistillation, alpha: 0 }"),
  "gpu.yaml": experiment("device: cuda"),
  "gone.yaml": experiment("").replace("set.saf", "gone.saf"),
  "many.yaml": experiment(`matrix: { seed: [${Array.from({ length: 100_001 }, (_, i) => i)}] }`),
  "crossed.yaml": experiment(
    `matrix: { seed: [${Array.from({ length: 400 }, (_, i) => i)}], strategy.epochs: [${Array.from({ length: 400 }, (_, i) => i + 1)}] }`,
  ),
  "library.json": calibrationText(library),
  "older.json": calibrationText({ ...library, settings: { ...library.settings, epochs: 50 } }),
  "space.yaml": "vary: { steps: [0] }\n",
  "options.yaml": "strength: many\n",
  "broken.json": "{ not json",
};

/** Grey raw images in IDX files, two classes: drawing ten thousand takes seconds. */
export function rawFiles(n: number, side: number): Record<string, Uint8Array> {
  const header = (type: number, ...sizes: number[]) => [
    0,
    0,
    8,
    type,
    ...sizes.flatMap((s) => [0, 0, s >> 8, s & 255]),
  ];
  const pixels = Array.from({ length: n * side * side }, (_, i) => (i * 97) % 256);
  const images = Uint8Array.from([...header(3, n, side, side), ...pixels]);
  const labels = Uint8Array.from([...header(1, n), ...Array.from({ length: n }, (_, i) => i % 2)]);
  return Object.fromEntries(
    ["train", "t10k"].flatMap((half) => [
      [`${half}-images-idx3-ubyte`, images],
      [`${half}-labels-idx1-ubyte`, labels],
    ]),
  );
}
