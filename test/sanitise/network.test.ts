import { beforeAll, describe, expect, it } from "vitest";
import { pasted } from "../../src/audit/Patch.ts";
import { drive } from "../../src/core/drive.ts";
import { child, key, normal } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { openSessions } from "../../src/engine/session.ts";
import { sanitiseNetwork as sanitise } from "../../src/library/sanitiseNetwork.ts";
import { type Floats, isFloats } from "../../src/nn/Network.ts";
import { sanitiseNetwork } from "../../src/sanitise/network/sanitiseNetwork.ts";
import { chosenNetworkRepairs } from "../../src/sanitise/network/settings.ts";
import type { RepairTarget } from "../../src/sanitise/RepairTarget.ts";
import { leaves } from "../../src/tensor/tree.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { networkDefinition, type TrainedNetwork } from "../../src/train/TrainedNetwork.ts";
import { train } from "../../src/train/train.ts";
import { cpu } from "../attack/tiny.ts";

const M = 24;
const SHAPE = [M, 3, 16, 16] as const;
const SIZE = 3 * 256;
/** A magenta square of 4 pixels. */
const patch = {
  top: 11,
  left: 1,
  side: 4,
  values: Float32Array.from({ length: 48 }, (_, i) => (Math.floor(i / 16) === 1 ? 0 : 1)),
};
const classes = Int32Array.from({ length: M }, (_, i) => Math.floor((4 * i) / M));

/** Noise whose brightness grows with the class, and the square in half the images of class 2. */
function stampedSet(): DistilledSet {
  const images = normal(key("pictures"), M * SIZE, 0, 0.12).map((v, i) => {
    const grey = 0.2 + 0.2 * classes[Math.floor(i / SIZE)];
    return Math.min(1, Math.max(0, grey + v));
  });
  for (const i of [12, 13, 14])
    images.set(pasted(images.subarray(i * SIZE, (i + 1) * SIZE), [1, 3, 16, 16], patch), i * SIZE);
  const labels = { kind: "hard", classes } as const;
  const normalisation = { kind: "unit" } as const;
  return { kind: "distilled", name: "stamped", images, shape: SHAPE, labels, classes: 4, normalisation, metadata: {} };
}

const set = stampedSet();
const finding: RepairTarget = { targetClass: 2, images: [12, 13, 14], patch };
const said = { network: "convNet", width: 8, input: [3, 16, 16] as const, classes: 4 };
let trained: TrainedNetwork;
beforeAll(async () => {
  const protocol = protocolOptions.parse({ epochs: 80 });
  await using learner = learnerFor(networkDefinition(said, "test"), protocol, cpu);
  const { state } = await train(learner, set, protocol, key(3));
  const { weights, running } = state;
  const more = { normalisation: { kind: "unit" }, receives: "as-is", metadata: { seed: 3 } } as const;
  trained = { ...said, ...more, weights, running };
}, 60_000);

const repair = (names: string[], options = {}, findings = [finding], one = trained, force = true) =>
  drive(
    sanitiseNetwork(one, set, findings, chosenNetworkRepairs(names, options, "test"), {
      ...{ key: child(key(1), "repair"), device: cpu, force },
    }),
  );

describe("unlearning", () => {
  it("takes the trigger away, where the same training without it does not", { timeout: 120_000 }, async () => {
    const { triggers, learnt, network, steps } = await repair(["unlearn"], {}, [finding], trained, false);
    const [{ before, after }] = triggers;
    expect(before.rise).toBeGreaterThan(0.3);
    expect(after.rate).toBeLessThan(before.rate / 3);
    expect(learnt.after).toBeGreaterThanOrEqual(learnt.before - 0.1);
    expect(steps).toEqual([{ repair: "unlearn", options: { epochs: 20, lr: 0.01, share: 0.5 }, said: { epochs: 20 } }]);
    const nothing = { ...finding, patch: { ...patch, mask: new Float32Array(16) } };
    const placebo = await repair(["unlearn"], {}, [nothing]);
    const [asked] = (await repair(["finePrune"], { finePrune: { most: 0, epochs: 0 } }, [finding], placebo.network))
      .triggers;
    expect(asked.before.rate).toBeGreaterThan(before.rate / 2);
    // Same key, same bytes.
    expect((await repair(["unlearn"], {}, [finding], trained, false)).network).toEqual(network);
    expect(openSessions()).toBe(0);
  });
});

describe("fine-pruning", () => {
  /** Rows of the last layer that read nothing. */
  const silent = ({ weights }: TrainedNetwork) => {
    const values = leaves<Floats>(weights, isFloats).findLast(({ length }) => length === 8 * 4 * 4)!;
    const rows = Array.from({ length: 32 }, (_, p) => values.subarray(4 * p, 4 * p + 4));
    return [...rows.keys()].filter((p) => rows[p].every((v) => v === 0)).map((p) => p % 8);
  };

  it("takes whole channels, and they stay away", { timeout: 120_000 }, async () => {
    const { network, steps, learnt } = await repair(["fine-prune"], { finePrune: { most: 0.3, epochs: 4 } });
    const { pruned, of } = steps[0].said;
    expect(of).toBe(8);
    expect(pruned).toBeGreaterThan(0);
    expect(pruned).toBeLessThan(8);
    const gone = silent(network);
    expect(gone).toHaveLength(4 * pruned);
    expect(new Set(gone).size).toBe(pruned);
    expect(silent(trained)).toEqual([]);
    expect(learnt.after).toBeGreaterThan(learnt.before - 0.3);
  });

  it("that may cost everything leaves one channel", { timeout: 120_000 }, async () => {
    const { steps } = await repair(["finePrune"], { finePrune: { most: 1, epochs: 0 } });
    expect(steps[0].said).toEqual({ pruned: 7, of: 8 });
  });
});

describe("a network", () => {
  it("on which no found trigger works stays as it is, unless forced", { timeout: 120_000 }, async () => {
    const weak = { ...finding, patch: { ...patch, values: new Float32Array(48).fill(0.5) } };
    const { network, steps, triggers } = await repair(["unlearn"], {}, [weak], trained, false);
    expect(network).toBe(trained);
    expect(steps).toEqual([]);
    expect(triggers[0].after).toEqual(triggers[0].before);
    expect((await repair(["unlearn"], { unlearn: { epochs: 1 } }, [weak])).steps).toHaveLength(1);
  });

  it("says what was done, from an audit's findings", { timeout: 120_000 }, async () => {
    const support = { flagged: [12, 13, 14], before: 0.9, after: 0, drop: 0.9 };
    const audit = {
      verdict: "suspicious",
      coherence: [],
      suspects: [{ targetClass: 2, patch, held: 1, support }],
    } as const;
    const { network, findings, before } = await sanitise(trained, set, { audit }, { threads: 1 });
    expect(findings).toMatchObject([{ targetClass: 2, images: [12, 13, 14] }]);
    expect(before).toEqual({ verdict: "suspicious" });
    expect(network.metadata).toMatchObject({ seed: 3, sanitised: { forced: false, findings: [{ targetClass: 2 }] } });
    const clean = { ...audit, verdict: "nothing found" } as const;
    expect((await sanitise(trained, set, { audit: clean }, { threads: 1 })).network).toBe(trained);
  });

  it("of another shape or number of classes is refused", async () => {
    await expect(repair(["unlearn"], {}, [finding], { ...trained, classes: 5 })).rejects.toThrow(
      /expected one of 4 classes of images 3×16×16 as stamped has them, got one of 5 classes/,
    );
    expect(() => chosenNetworkRepairs(["cure"], {}, "test")).toThrow(/unknown repair of networks/);
  });
});
