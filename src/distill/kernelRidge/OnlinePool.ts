import { child, type Key } from "../../core/random.ts";
import { type Floats, initialise, type Network, zerosLike } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import { weightArrays, weightTree } from "../common/weightArrays.ts";
import { type OnlineStep, onlineOptimiser } from "./compileRidge.ts";

interface Member {
  readonly weights: Tree<Floats>;
  readonly slots: readonly Tree<Floats>[];
  /** Updates since its birth. */
  readonly age: number;
  /** Which of its line it is. */
  readonly birth: number;
}

/** What the networks learn. */
export interface OnlineLesson {
  readonly images: Floats;
  readonly labels: Floats;
}

/**
 * Networks of all ages that learn the set while it changes (arXiv 2206.00719, algorithm 1): each is an update further after every
 * visit, and begins anew when it is old.
 */
export class OnlinePool {
  private readonly network: Network;
  private readonly step: OnlineStep;
  private readonly lr: number;
  private readonly oldest: number;
  private readonly key: Key;
  private members: Member[] = [];

  constructor(network: Network, step: OnlineStep, lr: number, oldest: number, key: Key) {
    this.network = network;
    this.step = step;
    this.lr = lr;
    this.oldest = oldest;
    this.key = key;
  }

  /** Begin with n networks whose ages are spread evenly. */
  async fill(n: number, lesson: OnlineLesson): Promise<void> {
    for (let j = 0; j < n; j++) {
      let one = this.born(j, 0);
      for (const age = Math.floor((j * this.oldest) / n); one.age < age; ) one = await this.older(one, lesson);
      this.members[j] = one;
    }
  }

  weights(j: number): Tree<Floats> {
    return this.members[j].weights;
  }

  async visit(j: number, lesson: OnlineLesson): Promise<void> {
    const one = await this.older(this.members[j], lesson);
    this.members[j] = one.age >= this.oldest ? this.born(j, one.birth + 1) : one;
  }

  save(): { json: { age: number; birth: number }[]; arrays: Record<string, Floats> } {
    const arrays = this.members.map(({ weights, slots }, j) =>
      Object.assign(
        weightArrays(`member${j}`, weights),
        ...slots.map((s, i) => weightArrays(`member${j}.slot${i}`, s)),
      ),
    );
    return { json: this.members.map(({ age, birth }) => ({ age, birth })), arrays: Object.assign({}, ...arrays) };
  }

  restore(json: readonly { age: number; birth: number }[], arrays: Readonly<Record<string, Floats>>): void {
    this.members = json.map(({ age, birth }, j) => {
      const like = this.born(j, birth);
      const slots = like.slots.map((s, i) => weightTree(`member${j}.slot${i}`, arrays, s)!);
      return { weights: weightTree(`member${j}`, arrays, like.weights)!, slots, age, birth };
    });
  }

  private async older({ weights, slots, age, birth }: Member, { images, labels }: OnlineLesson): Promise<Member> {
    const hyper = Float32Array.from(onlineOptimiser.hyper(age, this.lr));
    const next = await this.step(weights, [images, labels], [slots, hyper]);
    return { weights: next.weights, slots: next.slots, age: age + 1, birth };
  }

  private born(j: number, birth: number): Member {
    const weights = initialise(this.network.weights, child(this.key, j, birth));
    return { weights, slots: [zerosLike(weights), zerosLike(weights)], age: 0, birth };
  }
}
