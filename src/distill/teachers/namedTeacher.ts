import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Protocol } from "../../train/protocol.ts";
import type { Distillation } from "../Distillation.ts";
import { methodRegistry } from "../methodRegistry.ts";
import type { TeacherRecipe } from "./teacherRecipe.ts";

// Chosen: above all that is published. A set comes from elsewhere, and must not ask for days of work.
const most = { width: 1024, epochs: 1000 };

/**
 * The teacher that made a set, as its metadata say.
 *
 * @returns undefined where they name none.
 * @throws UsageError for one that nobody would train.
 */
export function namedTeacher({ metadata }: Pick<DistilledSet, "metadata">, who: string): TeacherRecipe | undefined {
  const { method, options } = metadata;
  if (typeof method !== "string" || !Object.hasOwn(methodRegistry, method)) return undefined;
  const found = methodRegistry[method as keyof typeof methodRegistry] as Distillation;
  const parsed = found.options.safeParse(options);
  const recipe = parsed.success ? found.teacher?.(parsed.data as never) : undefined;
  if (!recipe) return undefined;
  const { width = 0, epochs } = recipe;
  if (width <= most.width && epochs <= most.epochs) return recipe;
  throw new UsageError(
    `${who}: invalid teacher: expected the set to name one of at most ${most.width} channels and ${most.epochs} epochs, got ${width} and ${epochs}`,
  );
}

/** A teacher as `rded` trains one, of the architecture and length that somebody asked for. */
export function describedTeacher({
  teacher,
  teacherWidth,
  teacherEpochs,
}: Pick<Protocol, "teacher" | "teacherWidth" | "teacherEpochs">): TeacherRecipe | undefined {
  if (teacherEpochs === undefined) return undefined;
  const network = teacher === "convNet" ? undefined : teacher;
  const training = { epochs: teacherEpochs, batch: 128, lr: 0.01, seed: 0 };
  return { purpose: "teacher", network, width: teacherWidth, depth: 3, norm: "instance", ...training };
}
