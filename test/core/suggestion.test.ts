import { describe, expect, test } from "vitest";
import { attackRegistry } from "../../src/attack/attackRegistry.ts";
import * as commands from "../../src/cli/commands.ts";
import { kebab } from "../../src/core/spelling.ts";
import { didYouMean, suggestion } from "../../src/core/suggestion.ts";
import { datasets } from "../../src/disk/datasets.ts";
import { formats } from "../../src/formats.ts";
import { networkRegistry } from "../../src/nn/networkRegistry.ts";

const lists = {
  network: Object.keys(networkRegistry),
  attack: Object.keys(attackRegistry).map(kebab),
  data: ["strokes", ...Object.keys(datasets)],
  format: Object.keys(formats),
  command: Object.keys(commands).map(kebab),
  normalisation: ["8-bit", "cifar-10", "cifar-100", "fashion-mnist", "imagenet", "mnist", "strokes", "svhn", "unit"],
  layout: ["--layout", "--format"],
  option: ["--out", "--optimiser", "--trigger-kind", "--trigger-opacity", "--test", "--test-images", "--augmentation"],
};

describe("the name that was probably meant", () => {
  test.each<[keyof typeof lists, string, string | undefined]>([
    ["network", "resnet", "resNet18"],
    ["network", "ResNet-50", "resNet18"],
    ["network", "res-net-18-bn", "resNet18BN"],
    ["network", "conv", "convNet"],
    ["network", "ConvNet3", "convNet"],
    ["network", "convNetBNN", "convNetBN"],
    ["network", "vgg", "vgg11"],
    ["network", "alex", "alexNet"],
    ["network", "lenet5", "leNet"],
    ["network", "transformer", undefined],
    ["attack", "clean", "clean-label"],
    ["attack", "badnet", "bad-nets"],
    ["attack", "poison", "poisoned-distillation"],
    ["attack", "distillation", "poisoned-distillation"],
    ["attack", "trajectory", "trajectory-matching"],
    ["data", "cifar", "cifar-10"],
    ["data", "CIFAR100", "cifar-100"],
    ["data", "fashion", "fashion-mnist"],
    ["data", "tiny-imagenet", "tiny-imagenet-200"],
    ["data", "imagenet", "tiny-imagenet-200"],
    ["data", "mnst", "mnist"],
    ["format", "pytorch", "torch"],
    ["format", "pickle", "pythonPickle"],
    ["format", "grid", "pictureGrid"],
    ["format", "safetensor", "safetensors"],
    ["command", "eval", "evaluate"],
    ["command", "insp", "inspect"],
    ["command", "key", "keygen"],
    ["command", "verfiy", "verify"],
    ["command", "xyzzy", undefined],
    ["normalisation", "cifar", "cifar-10"],
    ["normalisation", "imgnet", "imagenet"],
    ["option", "--opt", "--optimiser"],
    ["option", "--trigger", "--trigger-kind"],
    ["option", "--augment", "--augmentation"],
    ["option", "--kind", "--trigger-kind"],
    ["option", "--opac", "--trigger-opacity"],
    ["option", "--", undefined],
    ["layout", "--out", undefined],
  ])("%s %s: %s", (list, name, meant) => expect(suggestion(name, lists[list])).toBe(meant));

  test("every known name means itself, however it is spelled", () => {
    for (const names of Object.values(lists))
      for (const name of names)
        for (const form of [name, name.toUpperCase(), name.replace(/-/g, "_")])
          expect(suggestion(form, names)).toBe(name);
  });

  test("a name that is none has no hint", () => {
    expect(didYouMean(undefined, lists.network)).toBe("");
    expect(didYouMean("x".repeat(100), lists.network)).toBe("");
  });
});
