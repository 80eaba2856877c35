import type { Floats } from "../../nn/Network.ts";

/** Numbers that follow a gradient down by Adam. */
export interface Adam {
  readonly values: Floats;
  step(gradient: Floats): void;
}

/** Start Adam at some numbers. */
export function adam(start: Floats, rate: number, [keep, square] = [0.9, 0.999]): Adam {
  let values = start.slice();
  let steps = 0;
  const [first, second] = [new Float64Array(start.length), new Float64Array(start.length)];
  return {
    get values() {
      return values;
    },
    step(gradient) {
      steps++;
      values = values.map((v, p) => {
        first[p] = keep * first[p] + (1 - keep) * gradient[p];
        second[p] = square * second[p] + (1 - square) * gradient[p] ** 2;
        return v - (rate * first[p]) / (1 - keep ** steps) / (Math.sqrt(second[p] / (1 - square ** steps)) + 1e-8);
      });
    },
  };
}
