import { expect, it } from "vitest";
import type { TrialConfig } from "../../../src/experiment/plan/TrialConfig.ts";
import { trialStages } from "../../../src/experiment/plan/trialStages.ts";
import { Schedule } from "../../../src/experiment/sweep/Schedule.ts";
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
  const first = schedule.next(0);
  expect(first?.id).toBe("a");
  // b shares the attack with a, c the clean networks; d shares nothing.
  expect(schedule.next(1)?.id).toBe("d");
  expect(schedule.next(2)).toBe(undefined);
  schedule.finishStage(trialStages(trials[0].config).attack!);
  // The clean networks of b are those of d, which is still at it.
  expect(schedule.next(1)).toBe(undefined);
  schedule.release(trials[3]);
  expect(schedule.next(1)?.id).toBe("b");
  schedule.again(trials[0]);
  expect(schedule.left).toBe(2);
  schedule.release(trials[1]);
  expect([schedule.next(0)?.id, schedule.next(1)]).toEqual(["a", undefined]);
  schedule.release(trials[0]);
  expect(schedule.next(1)?.id).toBe("c");
});

it("keeps a process at its network, then gives it one that nobody has, and lets none starve", () => {
  const networks = ["mlp", "convNet", "leNet"];
  const schedule = new Schedule(
    [0, 1, 2].flatMap((seed) => networks.map((name) => trial(name + seed, "x", name, seed))),
  );
  /** Run the next trial to its end. */
  const run = (process: number) => {
    const next = schedule.next(process);
    if (next) for (const key of Object.values(trialStages(next.config))) schedule.finishStage(key);
    return next?.id;
  };
  expect([run(0), run(1), run(0), run(1)]).toEqual(["mlp0", "convNet0", "mlp1", "convNet1"]);
  expect([run(0), run(0), run(0)]).toEqual(["mlp2", "leNet0", "leNet1"]);
  // Nothing of its own is left for process 1 after this, and nothing that nobody has: it helps process 0.
  expect([run(1), run(1), run(0), run(1)]).toEqual(["convNet2", "leNet2", undefined, undefined]);
  expect(schedule.left).toBe(0);
});

it("rather gives another network than none", () => {
  const trials = [trial("a", "x", "mlp"), trial("b", "y", "mlp"), trial("c", "z", "convNet")];
  const schedule = new Schedule(trials);
  expect(schedule.next(0)?.id).toBe("a");
  schedule.finishStage(trialStages(trials[0].config).attack!);
  // b waits for the clean networks of a.
  expect(schedule.next(0)?.id).toBe("c");
  expect(schedule.next(0)).toBe(undefined);
  schedule.finishStage(trialStages(trials[0].config).clean);
  expect(schedule.next(0)?.id).toBe("b");
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
