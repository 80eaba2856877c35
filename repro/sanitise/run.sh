#!/usr/bin/env bash
# The measurements of docs/sanitise.md. Resumable: run it again after a stop.
# Usage: repro/sanitise/run.sh PUBLISHED RUNS
#   PUBLISHED  folder with res_DC_CIFAR10_ConvNet_1ipc.pt and res_DC_CIFAR10_ConvNet_10ipc.pt
#   RUNS       where run folders, audits and measured.json go
# cifar-10 must lie in the data folder (`retort data get cifar-10`). About three hours of a core.
set -euo pipefail
published=$1
runs=$2
here=$(dirname "$0")
retort() { node "$here/../../dist/cli/main.js" "$@"; }
mkdir -p "$runs"
names=()

one() { # name, images per class, seed, attack and its flags
  local name=$1 ipc=$2 seed=$3
  shift 3
  [ -e "$runs/$name/tampered.safetensors" ] ||
    retort attack "$@" "$published/res_DC_CIFAR10_ConvNet_${ipc}ipc.pt" --normalisation cifar-10 --seed "$seed" --threads 1 --out "$runs/$name"
  # An audit ends with 1 where it finds something and with 2 where it cannot judge.
  [ -s "$runs/$name.audit.json" ] ||
    retort audit "$runs/$name/tampered.safetensors" --seed "$seed" --threads 1 --json > "$runs/$name.audit.json" || [ $? -le 2 ]
  names+=("$name")
}

for seed in 0 1 2; do
  for ipc in 1 10; do
    one "dc$ipc-clean-$seed" $ipc $seed clean-label --preset strong
    one "dc$ipc-bad-$seed" $ipc $seed bad-nets --trigger-side 5 --trigger-colour 1,0,1
  done
  one "dc10-gentle-$seed" 10 $seed poisoned-distillation --preset gentle
done
npx tsx "$here/measure.ts" "$runs" "$runs/measured.json" "${names[@]}"
