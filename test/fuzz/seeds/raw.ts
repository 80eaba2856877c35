import { gzipSync } from "fflate";
import { cat, utf8 } from "../../formats/hostile/bytes.ts";
import { idxImages, idxLabels, matArray, matElement, matHeader, matPacked } from "../../formats/pictureFixtures.ts";
import { matElements, texts, words } from "../grammar.ts";
import { inFolder, plain, type Seed, wrapped } from "../Seed.ts";

/** A byte of the pattern that seeds are filled with. */
const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);

/** MAT-files: SVHN's two arrays, every type of number, what is listed only, compressed and not. */
export function matSeeds(): Seed[] {
  const x = matArray("X", [4, 4, 3, 2], pattern(96));
  const y = matArray("y", [2, 1], [1, 10]);
  const numbers = [1, 2, 3, 4, 5, 6, 7, 9];
  const widths: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8 };
  const labels = numbers.map((type) => matArray(`y${type}`, [2, 1], new Uint8Array(2 * widths[type]), 6, type));
  const others = cat(...[1, 2, 4, 5].map((code) => matArray("c", [1, 1], [0], code)));
  // Up to four bytes fit into the tag: name "y" and two labels.
  const small = matElement(
    14,
    cat(
      matElement(6, cat(9, new Uint8Array(7))),
      matElement(5, cat(2, 0, 0, 0, 1, 0, 0, 0)),
      [1, 0, 1, 0],
      "y\0\0\0",
      [2, 0, 2, 0, 1, 2, 0, 0],
    ),
  );
  const inside = (element: Uint8Array) =>
    wrapped(element, (bytes) => cat(matHeader, matPacked(bytes), matPacked(y)), insideArray);
  return [
    plain(cat(matHeader, x, matPacked(y)), matElements),
    plain(cat(matHeader, x, small), matElements),
    plain(cat(matHeader, x, y, others, ...labels), matElements),
    ...labels.map((label) => plain(cat(matHeader, x, cat(label.slice(0, 40), "y\0", label.slice(42))), matElements)),
    inside(x),
    wrapped(y, (bytes) => cat(matHeader, matPacked(x), matPacked(bytes)), insideArray),
    ...inFolder(
      new Map([
        ["train_32x32.mat", cat(matHeader, matPacked(x), matPacked(y))],
        ["test_32x32.mat", cat(matHeader, matPacked(x), matPacked(y))],
      ]),
    ),
  ];
}

/** Elements of an array outside a file: as inside one, without the header. */
const insideArray = (bytes: Uint8Array) =>
  matElements(cat(matHeader, bytes))
    .filter((at) => at >= 128)
    .map((at) => at - 128);

export function idxSeeds(): Seed[] {
  const files = new Map<string, Uint8Array>([
    ["train-images-idx3-ubyte", idxImages(2, 4, 4, pattern(32))],
    ["train-labels-idx1-ubyte", idxLabels([1, 0])],
    ["t10k-images-idx3-ubyte", idxImages(1, 4, 4, pattern(16))],
    ["t10k-labels-idx1-ubyte", idxLabels([1])],
  ]);
  const packed = new Map([...files].map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
  const [images] = files.values();
  const named = gzipSync(images, { filename: "x" });
  return [...inFolder(files), ...inFolder(packed), ...inFolder(files, texts, gzipSync), plain(images), plain(named)];
}

export function cifarSeeds(): Seed[] {
  const record = (...labels: number[]) => cat(...labels, pattern(3072));
  const ten = cat(...[0, 1, 2, 9].map((label) => record(label)));
  const hundred = cat(record(1, 2), record(19, 99));
  const folder = new Map<string, Uint8Array>([
    ["data_batch_1.bin", ten],
    ["data_batch_2.bin", ten],
    ["test_batch.bin", record(3)],
    ["batches.meta.txt", utf8("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n")],
  ]);
  const fine = new Map<string, Uint8Array>([
    ["train.bin", hundred],
    ["fine_label_names.txt", utf8(Array.from({ length: 100 }, (_, i) => `n${i}\n`).join(""))],
  ]);
  return [plain(cat(ten, ten)), ...inFolder(folder, words), ...inFolder(fine, words)];
}
