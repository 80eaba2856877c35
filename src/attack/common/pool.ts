import { child, type Key } from "../../core/random.ts";
import { type Floats, isFloats } from "../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import type { LearnerState } from "../../train/Learner.ts";
import { joined } from "./miniBatches.ts";
import type { Surrogates } from "./surrogate.ts";

/** One network of the pool: an architecture, a state, and which of its line it is. */
export interface Member {
  readonly architecture: number;
  readonly state: LearnerState;
  readonly birth: number;
}

/** Train a fresh network of an architecture for so many passes. */
export type Grow = (architecture: number, passes: number, key: Key) => Promise<LearnerState>;

/**
 * Networks of all ages that are trained on the set while it changes (as in FRePo, arXiv 2206.00719): each is a few passes
 * further at every visit, and begins anew when it is old. Member j has architecture j mod A.
 */
export class Pool {
  private readonly surrogates: readonly Surrogates[];
  private readonly maxPasses: number;
  private readonly key: Key;
  members: Member[] = [];

  constructor(surrogates: readonly Surrogates[], maxPasses: number, key: Key) {
    this.surrogates = surrogates;
    this.maxPasses = maxPasses;
    this.key = key;
  }

  /** Begin with n members whose ages are spread evenly, each trained from its birth by `grow`. Tells the passes that they have learnt. */
  async *fill(n: number, grow: Grow): AsyncGenerator<number, void> {
    this.members = [];
    let passes = 0;
    for (let j = 0; j < n; j++) {
      const architecture = j % this.surrogates.length;
      const age = Math.floor((j * this.maxPasses) / n);
      const state = await grow(architecture, age, this.born(j, 0));
      this.members.push({ architecture, state, birth: 0 });
      passes += age;
      yield passes;
    }
  }

  /** Member j has been trained up to `state`; one that is old is replaced by a fresh one. */
  settle(j: number, state: LearnerState): void {
    const { architecture, birth } = this.members[j];
    const surrogates = this.surrogates[architecture];
    this.members[j] =
      surrogates.passes(state) >= this.maxPasses
        ? { architecture, state: surrogates.fresh(this.born(j, birth + 1)), birth: birth + 1 }
        : { architecture, state, birth };
  }

  /** Train member j some passes further on the images as they are now, or replace it by a fresh one. */
  async visit(j: number, passes: number, images: Floats): Promise<void> {
    const { architecture, state, birth } = this.members[j];
    const surrogates = this.surrogates[architecture];
    this.members[j] =
      surrogates.passes(state) + passes > this.maxPasses
        ? { architecture, state: surrogates.fresh(this.born(j, birth + 1)), birth: birth + 1 }
        : { architecture, state: await surrogates.advance(state, passes, images), birth };
  }

  private born(j: number, birth: number): Key {
    return child(this.key, "member", j, birth);
  }

  /** As plain data for a checkpoint. */
  save(): { json: object[]; arrays: Record<string, Floats> } {
    const json = this.members.map(({ architecture, birth, state }) => ({ architecture, birth, step: state.step }));
    const arrays = Object.fromEntries(
      this.members.map(({ state }, j) => [`member${j}`, joined(leaves<Floats>(treeOf(state), isFloats))]),
    );
    return { json, arrays };
  }

  restore(
    json: readonly { architecture: number; birth: number; step: number }[],
    arrays: Readonly<Record<string, Floats>>,
  ) {
    this.members = json.map(({ architecture, birth, step }, j) => {
      const like = treeOf(this.surrogates[architecture].fresh(this.born(j, birth)));
      const [weights, running, slots] = split(like, arrays[`member${j}`]) as readonly Tree<Floats>[];
      return { architecture, birth, state: { weights, running, slots: slots as readonly Tree<Floats>[], step } };
    });
  }
}

const treeOf = ({ weights, running, slots }: LearnerState): Tree<Floats> => [weights, running, slots];

/** The numbers of a tree, back from one array. */
function split(like: Tree<Floats>, all: Floats): Tree<Floats> {
  let at = 0;
  const parts = leaves<Floats>(like, isFloats).map(({ length }) => {
    at += length;
    return all.slice(at - length, at);
  });
  return rebuild(like, isFloats, parts);
}
