import type { Pace } from "../core/Pace.ts";

interface Kind {
  /** Steps of the run, and those of them that are left. */
  all: number;
  ahead: number;
  count: number;
  /** Seconds of the first, and of all others. */
  first: number;
  seconds: number;
}

export interface ClockHooks {
  readonly onBegin?: (done: number, total: number) => void;
  /** A step has been done; the first of its kind took `first` seconds, and the others together `seconds`. */
  readonly onStep?: (step: { readonly tried: boolean; readonly first: number; readonly seconds: number }) => void;
}

/** Times the steps of a run, kind by kind, and says how long those ahead take. */
export class StepClock implements Pace {
  private readonly kinds = new Map<string, Kind>();
  private readonly hooks: ClockHooks;
  private readonly now: () => number;
  private since: number;

  constructor(hooks: ClockHooks = {}, now: () => number = () => performance.now() / 1000) {
    this.hooks = hooks;
    this.now = now;
    this.since = now();
  }

  begin(done: number, total: number): void {
    this.hooks.onBegin?.(done, total);
    this.mark();
  }

  ahead(kind: string, steps: number): void {
    const one = this.of(kind);
    one.all += steps;
    one.ahead += steps;
  }

  mark(): void {
    this.since = this.now();
  }

  done(kind: string, tried = false): void {
    const one = this.of(kind);
    const took = this.now() - this.since;
    if (one.count === 0) one.first = took;
    else one.seconds += took;
    one.count++;
    if (!tried) one.ahead = Math.max(0, one.ahead - 1);
    this.mark();
    this.hooks.onStep?.({ tried, first: one.first, seconds: one.seconds });
  }

  /** Seconds that the steps ahead take; undefined until two of every kind have been done. Where one is left that need not be known. */
  secondsLeft(): number | undefined {
    const kinds = [...this.kinds.values()];
    const known = kinds.filter(({ count }) => count > 0);
    if (known.length === 0 || kinds.some(({ count, ahead }) => count < 2 && ahead > 1)) return undefined;
    return known.reduce((sum, one) => sum + one.ahead * mean(one), 0);
  }

  /** Seconds that all steps of the run take, by kind. */
  seconds(): Readonly<Record<string, number>> {
    const known = [...this.kinds].filter(([, { count }]) => count > 0);
    return Object.fromEntries(known.map(([kind, one]) => [kind, one.all * mean(one)]));
  }

  private of(kind: string): Kind {
    const one = this.kinds.get(kind) ?? { all: 0, ahead: 0, count: 0, seconds: 0, first: 0 };
    this.kinds.set(kind, one);
    return one;
  }
}

/** The first step compiles: it counts while there is no other. */
const mean = ({ count, seconds, first }: Kind): number => (count > 1 ? seconds / (count - 1) : first);
