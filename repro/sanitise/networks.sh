#!/usr/bin/env bash
# The measurements of trained networks in docs/sanitise.md. Resumable: run it again after a stop.
# Usage: repro/sanitise/networks.sh PUBLISHED RUNS
#   PUBLISHED  folder with res_DC_CIFAR10_ConvNet_10ipc.pt
#   RUNS       where run folders, audits, networks and networks.json go; run.sh's folder will do, its runs are the same
# cifar-10 must lie in the data folder (`retort data get cifar-10`).
set -euo pipefail
published=$1
runs=$2
here=$(dirname "$0")
retort() { node "$here/../../dist/cli/main.js" "$@"; }
mkdir -p "$runs"
for seed in 0 1 2; do
  name=dc10-clean-$seed
  [ -e "$runs/$name/tampered.safetensors" ] ||
    retort attack clean-label --preset strong "$published/res_DC_CIFAR10_ConvNet_10ipc.pt" --normalisation cifar-10 --seed "$seed" --threads 1 --out "$runs/$name"
  # An audit ends with 1 where it finds something and with 2 where it cannot judge.
  [ -s "$runs/$name.audit.json" ] ||
    retort audit "$runs/$name/tampered.safetensors" --seed "$seed" --threads 1 --json > "$runs/$name.audit.json" || [ $? -le 2 ]
  retort evaluate "$runs/$name" --test cifar-10 --test-images 1000 --width 32 --epochs 100 --networks 1 --keep-networks --seed "$seed" --threads 1 --out "$runs/$name-networks"
  npx tsx "$here/networks.ts" "$runs" "$runs/networks.json" "$name"
done
