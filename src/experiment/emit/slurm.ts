import { type ArrayJob, partCommand } from "./ArrayJob.ts";

/** A batch script for sbatch: an array job, one task a part. */
export function slurm(job: ArrayJob): string {
  const { name, shards, cores } = job;
  return `#!/usr/bin/env bash
#SBATCH --job-name=${name}
#SBATCH --array=1-${shards}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=${cores}
#SBATCH --output=${name}-%A_%a.log
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
set -euo pipefail
exec ${partCommand(job, "$SLURM_ARRAY_TASK_ID")}
`;
}
