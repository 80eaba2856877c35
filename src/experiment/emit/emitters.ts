import type { ArrayJob } from "./ArrayJob.ts";
import { bash } from "./bash.ts";
import { k8s } from "./k8s.ts";
import { slurm } from "./slurm.ts";

/** Forms of an array job: one file and one word each. */
export const emitters: Readonly<Record<"bash" | "slurm" | "k8s", (job: ArrayJob) => string>> = { bash, slurm, k8s };
