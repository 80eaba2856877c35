import { type ArrayJob, partCommand } from "./ArrayJob.ts";

/** A script that runs every part at once on this machine and fails if one does; with a number it runs that part only. */
export function bash(job: ArrayJob): string {
  const { name, shards } = job;
  return `#!/usr/bin/env bash
# ${name}: ${shards} parts at once. One part only: bash SCRIPT NUMBER
set -uo pipefail
part() { ${partCommand(job, "$1")}; }
if [ $# -gt 0 ]; then part "$1"; exit; fi
parts=()
for i in $(seq 1 ${shards}); do part "$i" & parts+=($!); done
status=0
for pid in "\${parts[@]}"; do wait "$pid" || status=$?; done
exit "$status"
`;
}
