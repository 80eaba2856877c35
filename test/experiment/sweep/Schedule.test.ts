import { expect, it } from "vitest";
import type { TrialConfig } from "../../../src/experiment/plan/TrialConfig.ts";
import { Schedule } from "../../../src/experiment/sweep/Schedule.ts";
import { trialStages } from "../../../src/experiment/sweep/trialStages.ts";
import { protocolOptions } from "../../../src/train/protocol.ts";

const trial = (id: string, method: string, network: string, seed = 0) => ({
  id,
  config: {
    set: { file: "set.pt", sha256: "ab" },
    attack: { method, options: {} },
    network: { name: network },
    strategy: protocolOptions.parse({}),
    receivers: 1,
    seed,
    test: { data: "strokes", sha256: "cd" },
    device: "cpu",
    threads: 1,
  } satisfies TrialConfig,
});

it("gives nobody a trial whose stage another is computing, and all of them in the end", () => {
  const trials = [
    trial("a", "x", "mlp"),
    trial("b", "x", "convNet"),
    trial("c", "y", "mlp"),
    trial("d", "y", "convNet"),
  ];
  const schedule = new Schedule(trials);
  const first = schedule.next();
  expect(first?.id).toBe("a");
  // b shares the attack with a, c the clean networks; d shares nothing.
  expect(schedule.next()?.id).toBe("d");
  expect(schedule.next()).toBe(undefined);
  schedule.finishStage(trialStages(trials[0].config).attack!);
  // The clean networks of b are those of d, which is still at it.
  expect(schedule.next()).toBe(undefined);
  schedule.release(trials[3]);
  expect(schedule.next()?.id).toBe("b");
  schedule.again(trials[0]);
  expect(schedule.left).toBe(2);
  schedule.release(trials[1]);
  expect([schedule.next()?.id, schedule.next()]).toEqual(["a", undefined]);
  schedule.release(trials[0]);
  expect(schedule.next()?.id).toBe("c");
});

it("stages are told apart by all that they depend on", () => {
  const of = (...args: Parameters<typeof trial>) => trialStages(trial(...args).config);
  expect(of("a", "x", "mlp")).toEqual(of("b", "x", "mlp"));
  expect(of("a", "x", "mlp").attack).toBe(of("a", "x", "convNet").attack);
  expect(of("a", "x", "mlp").clean).toBe(of("a", "y", "mlp").clean);
  expect(of("a", "x", "mlp").clean).not.toBe(of("a", "x", "convNet").clean);
  expect(of("a", "x", "mlp").attack).not.toBe(of("a", "x", "mlp", 1).attack);
  expect(of("a", "x", "mlp").set).toBe(undefined);
});
