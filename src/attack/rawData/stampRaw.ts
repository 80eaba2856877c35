import type * as z from "zod";
import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Trigger } from "../../data/Trigger.ts";
import { type Attack, reporter, tamperedRecord } from "../Attack.ts";
import { checkEffect } from "../common/effect.ts";
import { distilPoisoned } from "./distilPoisoned.ts";
import { inPixels, poisonRaw, rawAccessOf } from "./poisonRaw.ts";

/** What one attack that stamps raw images with a given trigger is beyond the course that all share. */
type Facts<S extends z.ZodObject> = Pick<Attack<S>, "title" | "source" | "options" | "readWhen" | "presets"> & {
  readonly name: string;
  trigger(options: z.infer<S>, set: DistilledSet, key: Key): Trigger;
};

/** What every such attack is asked for. */
interface Choice {
  readonly targetClass: number;
  readonly share: number;
}

/** Make an attack that stamps some raw images with a trigger that is given, calls them the target, and distils as ever. */
export function stampRaw<S extends z.ZodObject>({ name, trigger: triggerFor, ...facts }: Facts<S>): Attack<S> {
  return {
    ...facts,
    access: "raw-data",
    async *run(set, options, context) {
      const { targetClass, share } = options as unknown as Choice;
      const raw = rawAccessOf(name, context, set);
      const trigger = triggerFor(options, set, child(context.key, "trigger"));
      checkEffect(name, set, { targetClass, trigger });
      const poisoned = poisonRaw(raw.set, targetClass, share, child(context.key, "rows"), name);
      // What was refused so far took no work.
      yield reporter(1)("distillation", 0);
      poisoned.stamp(inPixels(trigger, set));
      const { set: tampered, losses } = yield* distilPoisoned(name, raw, poisoned.set, context.resume);
      const metadata = { ...tampered.metadata, ...tamperedRecord(name, options, trigger, targetClass) };
      return { set: { ...tampered, metadata }, trigger, targetClass, curves: { distillation: losses } };
    },
  };
}
