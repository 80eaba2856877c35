import { describe, expect, it } from "vitest";
import type { Attack, AttackResult } from "../../src/attack/Attack.ts";
import { attackPictures } from "../../src/attack/attackPictures.ts";
import { badNets } from "../../src/attack/badNets.ts";
import { cleanLabel } from "../../src/attack/cleanLabel.ts";
import { poisonedDistillation } from "../../src/attack/poisonedDistillation/poisonedDistillation.ts";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { fromPixels, toPixels } from "../../src/data/normalise.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { fitZca } from "../../src/data/zca.ts";
import { det } from "../golden/det.ts";
import { cpu, quick, tinySet } from "./tiny.ts";

const d = 3 * 64;
const [, ...image] = tinySet().shape;
// Neighbours share half of their value, so that a pixel of a picture is many numbers of the whitened one.
const source = det("attackPictures", 80 * d, 0.4, 0.5);
const whitening = fitZca(
  source.map((v, i) => (i % d > 0 ? 0.5 * v + 0.5 * source[i - 1] : v)),
  [80, ...image],
);
const pixels = det("attackPictures/set", 6 * d, 0.5, 0.5);
const normalisation = { kind: "zca", whitening } as const;
const set: DistilledSet = { ...tinySet(), images: fromPixels(pixels, tinySet().shape, normalisation), normalisation };

async function run(attack: Attack, options: object): Promise<AttackResult> {
  const steps = attackPictures(attack, set, attack.options.parse(options), { key: key(3), device: cpu });
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
  }
}

/** Largest distance. */
const apart = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));
const rows = (images: Float32Array<ArrayBuffer>, from: number, to = from + 1) => images.subarray(from * d, to * d);

describe("clean-label stamping of a whitened set", () => {
  const options = { targetClass: 1, share: 0.5, trigger: { side: 3 } };

  it("stamps pixels and nothing else: the pictures differ under the mask alone", async () => {
    const { set: tampered, trigger } = await run(cleanLabel as unknown as Attack, options);
    expect(tampered.normalisation).toBe(normalisation);
    expect(trigger.inGamut).toBe(true);
    const after = toPixels(tampered.images, tampered.shape, normalisation);
    const stamped = [2, 3].filter((i) => apart(rows(after, i), rows(pixels, i)) > 0.01);
    expect(stamped).toHaveLength(1);
    const [i] = stamped;
    expect(apart(rows(after, i), applyTrigger(trigger, pixels.slice(i * d, (i + 1) * d)))).toBeLessThan(2e-5);
    expect(rows(after, i).filter((v, j) => Math.abs(v - pixels[i * d + j]) > 1e-4).length).toBeLessThanOrEqual(27);
    // In whitened space the stamp is everywhere.
    const moved = rows(tampered.images, i).filter((v, j) => v !== set.images[i * d + j]);
    expect(moved.length).toBeGreaterThan(d / 2);
  });

  it("is what whitening the stamped picture gives", async () => {
    const { set: tampered, trigger } = await run(cleanLabel as unknown as Attack, options);
    const i = [2, 3].find((k) => apart(rows(tampered.images, k), rows(set.images, k)) > 0)!;
    const direct = fromPixels(applyTrigger(trigger, pixels.slice(i * d, (i + 1) * d)), [1, ...image], normalisation);
    expect(apart(rows(tampered.images, i), direct)).toBeLessThan(2e-5);
  });

  it("leaves every byte of the other images", async () => {
    const { set: tampered } = await run(cleanLabel as unknown as Attack, options);
    const untouched = Array.from({ length: 6 }, (_, i) => i).filter((i) =>
      Buffer.from(rows(tampered.images, i).slice().buffer).equals(Buffer.from(rows(set.images, i).slice().buffer)),
    );
    expect(untouched).toHaveLength(5);
  });
});

it("appended images are whitened too", async () => {
  const { set: tampered, trigger } = await run(badNets as unknown as Attack, { poisonRatio: 0.5 });
  expect(tampered.shape[0]).toBe(9);
  expect(rows(tampered.images, 0, 6)).toEqual(set.images);
  const copies = toPixels(rows(tampered.images, 6, 9).slice(), [3, ...image], normalisation);
  const masked = (image: Float32Array) => applyTrigger(trigger, Float32Array.from(image));
  for (let i = 0; i < 3; i++) {
    const copy = copies.slice(i * d, (i + 1) * d);
    expect(apart(masked(copy), copy)).toBeLessThan(2e-5);
    const original = Array.from({ length: 6 }, (_, k) => apart(masked(pixels.slice(k * d, (k + 1) * d)), copy));
    expect(Math.min(...original)).toBeLessThan(2e-5);
  }
});

it("an attack that learns works on pixels and may be kept within what a picture can hold", async () => {
  const { set: tampered, archetypes } = await run(poisonedDistillation as unknown as Attack, { ...quick, clamp: true });
  const after = toPixels(tampered.images, tampered.shape, normalisation);
  expect(apart(after, pixels)).toBeGreaterThan(1e-3);
  for (const v of after) expect(v).toBeGreaterThan(-1e-4);
  for (const v of after) expect(v).toBeLessThan(1 + 1e-4);
  expect(archetypes).toBeDefined();
});

it("a set in another space is attacked where it is", async () => {
  const plain = tinySet();
  const attack = cleanLabel as unknown as Attack;
  const context = { key: key(3), device: cpu };
  const direct = await attack.run(plain, attack.options.parse({}), context).next();
  const through = await attackPictures(attack, plain, attack.options.parse({}), context).next();
  expect(through.value).toEqual(direct.value);
});
