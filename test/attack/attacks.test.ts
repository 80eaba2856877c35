import { describe, expect, it } from "vitest";
import type { Attack, AttackResult } from "../../src/attack/Attack.ts";
import * as attacks from "../../src/attack/attacks.ts";
import { key } from "../../src/core/random.ts";
import { applyTrigger } from "../../src/data/Trigger.ts";
import { openSessions } from "../../src/engine/session.ts";
import { cpu, quickAttacks, tinyRaw, tinySet } from "./tiny.ts";

const all = Object.entries(attacks) as unknown as [string, Attack][];

async function finish(attack: Attack, name: string): Promise<AttackResult> {
  const set = tinySet();
  const run = attack.run(set, attack.options.parse(quickAttacks[name] ?? {}), {
    key: key(1),
    device: cpu,
    raw: tinyRaw(),
  });
  for (let done = 0; ; ) {
    const next = await run.next();
    if (next.done) return next.value;
    expect(next.value.done).toBeLessThanOrEqual(next.value.total);
    expect(next.value.done, `back in ${next.value.phase}`).toBeGreaterThanOrEqual(done - 1e-9);
    done = next.value.done;
  }
}

/** What every attack of the registry keeps. */
describe.each(all)("%s", (name, attack) => {
  it("describes itself and every option", () => {
    expect(attack.title).not.toBe("");
    expect(attack.source, "source: an arXiv number, or the section of docs/method.md").toMatch(
      /arXiv \d{4}\.\d{5}|method/,
    );
    expect(["distilled-set", "raw-data", "distillation"]).toContain(attack.access);
    for (const preset of Object.values(attack.presets ?? {})) attack.options.parse(preset);
  });

  it("gives the same bytes for the same key, finite images, and a set that says it was tampered with", async () => {
    const [one, two] = [await finish(attack, name), await finish(attack, name)];
    expect(one.set.images).toEqual(two.set.images);
    expect(one.set.images.every(Number.isFinite)).toBe(true);
    expect(one.set.metadata).toMatchObject({ tampered: true, attack: name });
    expect(one.set.classes).toBe(3);
    expect(one.set.images.length).toBe(one.set.shape.reduce((a, b) => a * b));
  });

  it("gives a trigger that touches its mask only", async () => {
    const { trigger } = await finish(attack, name);
    const { images } = tinySet();
    const stamped = applyTrigger(trigger, images);
    stamped.forEach((v, i) => {
      if (trigger.mask[i % 64] === 0 && v !== images[i]) throw new Error(`value ${i} changed outside the mask`);
    });
    expect(stamped).not.toEqual(images);
  });
});

it.each(all.filter(([, { access }]) => access === "raw-data"))(
  "%s says that it begins before any work",
  async (name, attack) => {
    const raw = tinyRaw();
    const distil = () => {
      throw new Error("worked");
    };
    const options = attack.options.parse(quickAttacks[name] ?? {});
    const run = attack.run(tinySet(), options, { key: key(1), device: cpu, raw: { ...raw, distil } });
    expect(await run.next()).toMatchObject({ done: false, value: { done: 0 } });
    expect(openSessions()).toBe(0);
    await run.return(undefined as never);
  },
);
