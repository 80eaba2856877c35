import { describe, expect, it } from "vitest";
import type { AttackProgress, AttackResult } from "../../src/attack/Attack.ts";
import { doorping } from "../../src/attack/rawData/doorping/doorping.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { child, key } from "../../src/core/random.ts";
import type { Device } from "../../src/engine/device.ts";
import { attack } from "../../src/library/attack.ts";
import { distil } from "../../src/library/distil.ts";
import { rawAccess } from "../../src/library/rawAccess.ts";
import { smallStrokes } from "../smallStrokes.ts";

const device: Device = { name: "cpu", threads: 1 };
const raw = smallStrokes("train", 60);
const call = { seed: 4, device } as const;
const settings = { every: 2, updates: 3, share: 0.2, targetClass: 2, surrogate: { width: 4, passes: 2 } } as const;
const narrow = { ipc: 1, width: 4, depth: 2, batchReal: 4, iterations: 5 } as const;

async function finish(run: AsyncGenerator<AttackProgress, AttackResult>): Promise<AttackResult> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

describe.each([
  ["distributionMatching", narrow],
  ["siameseCondensation", { ...narrow, inner: 1 }],
  ["datasetCondensation", { ...narrow, iterations: 3, outer: 2, inner: 1 }],
] as const)("DOORPING on a set of %s", (method, options) => {
  it("goes on where it was stopped, with the same bytes, wherever that was", { timeout: 120_000 }, async () => {
    const set = await distil(raw, method, options, call);
    const source = child(key(call.seed), "attack");
    const begin = (resume?: Checkpoint) =>
      doorping.run(set, doorping.options.parse(settings), {
        ...{ key: source, device, raw: rawAccess(set, raw, device), resume },
      });
    const checkpoints: Checkpoint[] = [];
    const whole = await attack(set, "doorping", settings, {
      ...{ ...call, raw },
      onProgress: ({ checkpoint }) => void (checkpoint && checkpoints.push(structuredClone(checkpoint()))),
    });
    expect(whole.set.images).not.toEqual(set.images);
    expect(whole.set.metadata).toMatchObject({ tampered: true, attack: "doorping", method });
    expect(whole.curves.trigger).toHaveLength(Math.ceil(checkpoints.length / 2) - 1);
    // Before the first update, after it, and where nothing is left to do.
    for (const at of [0, 1, checkpoints.length - 1]) {
      const resumed = await finish(begin(checkpoints[at]));
      expect(resumed.set.images).toEqual(whole.set.images);
      expect(resumed.trigger.pattern).toEqual(whole.trigger.pattern);
      expect(resumed.curves).toEqual(whole.curves);
    }
  });
});

it("a set of a method that reads raw images once is refused", async () => {
  const set = await distil(raw, "randomReal", { ipc: 1 }, call);
  await expect(attack(set, "doorping", settings, { ...call, raw })).rejects.toThrow(
    /got randomReal, which reads them once; the trigger could not change/,
  );
});
