import type { Floats } from "../nn/Network.ts";

/** Numbers that follow a gradient down by Adam (arXiv 1412.6980). */
export interface Adam {
  readonly values: Floats;
  step(gradient: Floats): void;
}

/**
 * Start Adam at some numbers.
 *
 * @param rate step of each number
 * @param within keeps each number where it may be
 */
export function adam(
  start: Floats,
  rate: number,
  [mean, square] = [0.9, 0.999],
  within: (value: number) => number = (value) => value,
): Adam {
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
        first[p] = mean * first[p] + (1 - mean) * gradient[p];
        second[p] = square * second[p] + (1 - square) * gradient[p] ** 2;
        const move = first[p] / (1 - mean ** steps) / (Math.sqrt(second[p] / (1 - square ** steps)) + 1e-8);
        return within(v - rate * move);
      });
    },
  };
}
