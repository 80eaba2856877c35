import { UsageError } from "../core/errors.ts";

/**
 * Find the points that no other point beats: none costs at most as much and gains at least as much, one of them strictly.
 *
 * @param cost, gain one number a point.
 * @returns indices by rising cost; equal points are all on the front.
 * @throws UsageError if a number is not finite.
 */
export function paretoFront(cost: readonly number[], gain: readonly number[]): number[] {
  if (cost.length !== gain.length)
    throw new UsageError(`paretoFront: invalid points: expected ${cost.length} gains, got ${gain.length}`);
  const wrong = [...cost, ...gain].find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new UsageError(`paretoFront: invalid point: expected finite numbers, got ${wrong}`);
  const order = cost.map((_, i) => i).sort((a, b) => cost[a] - cost[b] || gain[b] - gain[a]);
  const front: number[] = [];
  for (const i of order) {
    const last = front.at(-1);
    if (last === undefined || gain[i] > gain[last] || (gain[i] === gain[last] && cost[i] === cost[last])) front.push(i);
  }
  return front;
}
