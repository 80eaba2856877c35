import fc from "fast-check";
import type { DistilledSet, Labels } from "../../src/data/DistilledSet.ts";
import type { Normalisation } from "../../src/data/Normalisation.ts";

/** Any 32-bit float, infinities and NaN included; NaN only in its usual form, since sums and copies may change others. */
const float32 = fc.float();

function floats(length: number): fc.Arbitrary<Float32Array<ArrayBuffer>> {
  return fc
    .array(float32, { minLength: Math.min(length, 16), maxLength: Math.min(length, 16) })
    .map((few) => Float32Array.from({ length }, (_, i) => few[i % few.length] + (i % 3 === 0 ? 0 : i)));
}

function labelsOf(m: number, k: number): fc.Arbitrary<Labels> {
  const hard = fc
    .array(fc.nat(k - 1), { minLength: m, maxLength: m })
    .map((classes): Labels => ({ kind: "hard", classes: Int32Array.from(classes) }));
  if (k < 2) return hard;
  const soft = fc
    .tuple(floats(m * k), fc.constantFrom("probabilities" as const, "logits" as const, "centred" as const))
    .map(([values, form]): Labels => ({ kind: "soft", values, form }));
  return fc.oneof(hard, soft);
}

function normalisationOf(c: number, d: number): fc.Arbitrary<Normalisation> {
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: c, maxLength: c });
  // −0 is a number JSON does not keep.
  const plain = numbers.map((list) => list.map((value) => value + 0));
  const name = fc.option(fc.string(), { nil: undefined });
  return fc.oneof(
    fc.constant<Normalisation>({ kind: "unit" }),
    fc.constant<Normalisation>({ kind: "unknown" }),
    fc
      .tuple(plain, plain, name)
      .map(
        ([mean, std, n]): Normalisation => ({ kind: "meanStd", ...(n === undefined ? {} : { name: n }), mean, std }),
      ),
    fc.constant<Normalisation>({ kind: "zca", name: "cifar-10" }),
    fc
      .tuple(fc.string(), fc.stringMatching(/^[0-9a-f]{64}$/), fc.double({ min: 1e-300, max: 9, noNaN: true }))
      .map(([raw, data, epsilon]): Normalisation => ({ kind: "zca", name: raw, fit: { data, epsilon } })),
    fc
      .tuple(floats(d), floats(d * d), floats(d * d))
      .map(([mean, matrix, inverse]): Normalisation => ({ kind: "zca", whitening: { mean, matrix, inverse } })),
  );
}

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)));

/** Small sets of every kind: grey and colour, hard and soft labels, every normalisation, odd names and metadata. */
export const arbitrarySet: fc.Arbitrary<DistilledSet> = fc
  .record({
    m: fc.integer({ min: 1, max: 5 }),
    c: fc.constantFrom(1, 3),
    h: fc.integer({ min: 2, max: 5 }),
    w: fc.integer({ min: 2, max: 5 }),
    k: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ m, c, h, w, k }) =>
    fc
      .record({
        name: fc.string(),
        images: floats(m * c * h * w),
        labels: labelsOf(m, k),
        classNames: fc.option(fc.array(fc.string(), { minLength: k, maxLength: k }), { nil: undefined }),
        normalisation: normalisationOf(c, c * h * w),
        metadata: fc.dictionary(fc.string(), json, { maxKeys: 4 }),
      })
      .map(
        ({ classNames, metadata, ...rest }): DistilledSet => ({
          kind: "distilled",
          ...rest,
          metadata: { ...metadata },
          shape: [m, c, h, w],
          classes: k,
          ...(classNames ? { classNames } : {}),
        }),
      ),
  );

/** A set with a fixed content: 4 colour images of 2 classes. */
export function smallSet(overrides: Partial<DistilledSet> = {}): DistilledSet {
  return {
    kind: "distilled",
    name: "small",
    images: Float32Array.from({ length: 4 * 3 * 4 * 4 }, (_, i) => ((i * 37) % 101) / 25 - 2),
    shape: [4, 3, 4, 4],
    labels: { kind: "hard", classes: Int32Array.of(0, 0, 1, 1) },
    classes: 2,
    normalisation: { kind: "unknown" },
    metadata: {},
    ...overrides,
  };
}
