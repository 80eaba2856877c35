import type { Protocol } from "./protocol.ts";

/**
 * Learning rate of an epoch (counted from 0) and whether the optimiser's state is zeroed before it.
 *
 * In epoch e of W warm-up epochs the rate is lr · (e + 1) / W; the schedule runs over the E − W epochs after them.
 */
export function schedule(
  { lr, warmup, epochs, schedule: kind }: Pick<Protocol, "lr" | "warmup" | "epochs" | "schedule">,
  epoch: number,
): { lr: number; fresh: boolean } {
  if (epoch < warmup) return { lr: (lr * (epoch + 1)) / warmup, fresh: false };
  const [at, length] = [epoch - warmup, epochs - warmup];
  if (kind === "constant") return { lr, fresh: false };
  if (kind === "half-cosine") return { lr: (lr / 2) * (1 + Math.cos((Math.PI * at) / length / 2)), fresh: false };
  if (kind === "two-steps") {
    const drops = [Math.floor((2 * length) / 3), Math.floor((5 * length) / 6)].filter((drop) => at >= drop).length;
    return { lr: lr * 0.2 ** drops, fresh: false };
  }
  if (kind === "cosine") return { lr: (lr / 2) * (1 + Math.cos((Math.PI * at) / length)), fresh: false };
  const drop = Math.floor(length / 2) + 2; // the first epoch after epoch E//2+1
  return { lr: at >= drop ? lr * 0.1 : lr, fresh: at === drop };
}
