import type { Checkpoint } from "../../../core/checkpoint.ts";
import { UsageError } from "../../../core/errors.ts";
import { child } from "../../../core/random.ts";
import { classRows } from "../../../data/classRows.ts";
import type { LabelledSet } from "../../../data/LabelledSet.ts";
import { generatorTrigger } from "../../../data/Trigger.ts";
import { type Floats, isFloats, isParamSpec, type ParamSpec } from "../../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../../tensor/tree.ts";
import { type Attack, reporter, tamperedRecord } from "../../Attack.ts";
import { checkEffect } from "../../common/effect.ts";
import { distilPoisoned } from "../distilPoisoned.ts";
import { rawAccessOf } from "../poisonRaw.ts";
import { generatorOf, generatorParams } from "./compileGenerator.ts";
import { freshLayers, type Generated } from "./generatorSteps.ts";
import { drawMixture, mixIntoTarget } from "./mixIntoTarget.ts";
import { type SneakDoorOptions, sneakDoorOptions } from "./sneakDoorOptions.ts";

/**
 * SneakDoor: a generator learns to move raw images of one class a little, until a network of the raw images takes them for the target;
 * such images are mixed into the target's raw images, which are distilled as ever.
 *
 * Differs: docs/attacks.md.
 */
export const sneakDoor: Attack<typeof sneakDoorOptions> = {
  title: "SneakDoor (images of one class, moved by a generator, mixed into the target's before distilling)",
  source: "docs/method.md, §7",
  access: "raw-data",
  options: sneakDoorOptions,
  // Chosen: a few minutes of a processor core.
  presets: { quick: { steps: 200, trigger: { lr: 5e-3 }, surrogate: { images: 200, passes: 10 } } },
  async *run(set, opts, context) {
    const { key, device, resume } = context;
    const raw = rawAccessOf("sneakDoor", context, set);
    const [, channels] = set.shape;
    const { bound, width } = opts.trigger;
    const shown = ({ layers, sourceClass }: Pick<Generated, "layers" | "sourceClass">) =>
      generatorTrigger(
        generatorOf(layers, bound, set.normalisation, channels),
        set.shape,
        `addition of a generator, at most ${bound}, to images of class ${sourceClass}`,
      );
    const fresh = { layers: freshLayers(channels, width, child(key, "generator")), sourceClass: opts.sourceClass ?? 0 };
    checkEffect("sneakDoor", set, { targetClass: opts.targetClass, trigger: shown(fresh), learnt: true });
    checkClasses(raw.set, opts);
    // As much to do before distilling as then, for the bar.
    const before = opts.surrogate.passes + opts.steps;
    const report = reporter(2 * before);
    let generated = resume && restore(resume, opts, channels);
    yield report("surrogate", 0);
    if (!generated || generated.step < opts.steps) {
      const { generatorSteps } = await loadSteps();
      for await (const next of generatorSteps(set, raw.set, opts, generated, child(key, "generator"), device)) {
        if ("pass" in next) {
          yield report("surrogate", next.pass);
          continue;
        }
        const now = next.generated;
        generated = now;
        const loss = now.losses[now.step - 1];
        yield report("generator", opts.surrogate.passes + now.step, { loss, checkpoint: () => save(now) });
      }
    }
    const found = generated as Generated;
    const { sourceClass } = found;
    const trigger = shown(found);
    const mixture = drawMixture(raw.set, sourceClass, opts.targetClass, opts.share, child(key, "mixture"));
    const mixed = mixIntoTarget(raw.set, mixture, generatorOf(found.layers, bound, set.normalisation, channels));
    const rest = resume?.json.distillation === undefined ? undefined : resume;
    const { set: tampered, losses } = yield* distilPoisoned("sneakDoor", raw, mixed, rest, {
      save: () => save(found),
      place: (done, total) => ({ done: before * (1 + done / total), total: 2 * before }),
    });
    const record = { ...tamperedRecord("sneakDoor", opts, trigger, opts.targetClass), sourceClass };
    const curves = { generator: found.losses, distillation: losses };
    const metadata = { ...tampered.metadata, ...record };
    return { set: { ...tampered, metadata }, trigger, targetClass: opts.targetClass, sourceClass, curves };
  },
};

/** @throws UsageError for a source class that is the target, or that has no raw image; for a target that has none. */
function checkClasses(raw: LabelledSet, { sourceClass, targetClass }: SneakDoorOptions): void {
  const rows = classRows(raw);
  const refuse = (expected: string, got: string): never => {
    throw new UsageError(`sneakDoor: invalid sourceClass: expected ${expected}, got ${got}`);
  };
  if (rows[targetClass].length === 0)
    throw new UsageError(`sneakDoor: invalid targetClass: expected a class of raw images, got ${targetClass}, of none`);
  if (sourceClass === null) return;
  if (sourceClass === targetClass) refuse(`another class than the target`, `${sourceClass}, which is the target`);
  if (!rows[sourceClass]?.length) refuse("a class that has raw images", `${sourceClass}, which has none`);
}

/** Where an array of the generator stands in a checkpoint, beside those of the distillation. */
const stored = (part: number, leaf: number) => `sneakDoor.${part}.${leaf}`;

function save({ step, sourceClass, layers, slots, losses }: Generated): Checkpoint {
  const arrays = [layers, ...slots].flatMap((tree, part) =>
    leaves<Floats>(tree, isFloats).map((array, leaf) => [stored(part, leaf), array] as const),
  );
  return { json: { generated: { step, sourceClass, losses } }, arrays: Object.fromEntries(arrays) };
}

function restore({ json, arrays }: Checkpoint, { trigger }: SneakDoorOptions, channels: number): Generated {
  const structure = generatorParams(channels, trigger.width) as Tree<ParamSpec>;
  const count = leaves<ParamSpec>(structure, isParamSpec).length;
  const tree = (part: number): Tree<Floats> =>
    rebuild(
      structure,
      isParamSpec,
      Array.from({ length: count }, (_, leaf) => arrays[stored(part, leaf)] as Floats),
    );
  const { step, sourceClass, losses } = json.generated as Pick<Generated, "step" | "sourceClass" | "losses">;
  return { step, sourceClass, losses, layers: tree(0), slots: [tree(1), tree(2)] };
}

/** Loaded when work begins. */
const loadSteps = () => import("./generatorSteps.ts");
