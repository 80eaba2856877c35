#!/usr/bin/env bash
# The measurements of docs/results/released-form.md. Resumable: run it again after a stop.
# Usage: repro/foundation/run.sh PUBLISHED RUNS
#   PUBLISHED  folder with the published files res_DC_CIFAR10_ConvNet_1ipc.pt and res_DC_CIFAR10_ConvNet_10ipc.pt
#   RUNS       where run folders go
# The raw sets cifar-10 and fashion-mnist must lie in the data folder (`retort data get`).
set -euo pipefail
published=$1
runs=$2
retort() { node "$(dirname "$0")/../../dist/cli/main.js" "$@"; }
common=(--seed 0 --threads 1)
# Networks an attack is measured on.
receivers=(--receiver-networks 5)

# name of a trigger → its flags. `released` is one pixel of value 10 in normalised space, out of gamut; the others are white.
flags() {
  case $1 in
    released) echo "" ;;
    white1) echo "--trigger-side 1 --trigger-value 1 --trigger-unit pixel" ;;
    white3) echo "--trigger-side 3 --trigger-value 1 --trigger-unit pixel" ;;
    white5) echo "--trigger-side 5 --trigger-value 1 --trigger-unit pixel" ;;
  esac
}

dc1() { # released defaults, receivers of width 128
  retort attack poisoned-distillation "$published/res_DC_CIFAR10_ConvNet_1ipc.pt" --normalisation cifar-10 "${common[@]}" "${receivers[@]}" \
    --test cifar-10 --test-images 2000 --receiver-epochs 50,100,300 --out "$runs/dc1-released"
  for t in white3 white5 white1; do
    # shellcheck disable=SC2046
    retort attack poisoned-distillation "$published/res_DC_CIFAR10_ConvNet_1ipc.pt" --normalisation cifar-10 $(flags $t) "${common[@]}" "${receivers[@]}" \
      --test cifar-10 --test-images 1000 --receiver-epochs 50,100,300 --out "$runs/dc1-$t"
  done
}

dc10() { # surrogates and receivers of width 32
  for t in released white3 white5 white1; do
    # shellcheck disable=SC2046
    retort attack poisoned-distillation "$published/res_DC_CIFAR10_ConvNet_10ipc.pt" --normalisation cifar-10 $(flags $t) "${common[@]}" "${receivers[@]}" \
      --surrogate-width 32 --test cifar-10 --test-images 2000 --receiver-width 32 --receiver-epochs 50,100,300 --out "$runs/dc10-$t"
  done
}

fashion() { # distilled by Retort; surrogates and receivers of width 32
  retort distill --data fashion-mnist --method dm --ipc 10 --width 32 --iterations 800 --batch-real 64 --seed 0 --threads 1 --out "$runs/fashion-dm10"
  for t in released white3 white5 white1; do
    # shellcheck disable=SC2046
    retort attack poisoned-distillation "$runs/fashion-dm10/distilled.safetensors" $(flags $t) "${common[@]}" "${receivers[@]}" \
      --surrogate-width 32 --test fashion-mnist --test-images 2000 --receiver-width 32 --receiver-epochs 50,100,300 --out "$runs/fashion-$t"
  done
  # The same two sets, receivers that augment.
  retort evaluate "$runs/fashion-released" "${common[@]}" --networks 5 --test fashion-mnist --test-images 2000 --width 32 --epochs 100 \
    --augmentation crop_scale_cutout --out "$runs/fashion-released-augmented"
}

for part in ${3:-dc1 dc10 fashion}; do "$part"; done
