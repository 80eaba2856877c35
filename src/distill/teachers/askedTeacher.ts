import { UsageError } from "../../core/errors.ts";
import type { Spell } from "../../core/readWhen.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { describeNormalisation } from "../../data/normalise.ts";
import type { Protocol } from "../../train/protocol.ts";
import { describedTeacher, namedTeacher } from "./namedTeacher.ts";
import type { TeacherRecipe } from "./teacherRecipe.ts";

type Asked = Pick<Protocol, "labels" | "teacherFrom" | "teacher" | "teacherWidth" | "teacherEpochs">;
const dotted: Spell = (path) => path.join(".");

/**
 * The teacher that receivers of a set ask: the one that made the set, as its metadata say, or one that the protocol describes.
 *
 * @returns undefined where they ask none that has learnt raw images.
 * @throws UsageError where the set names none, or raw images cannot be brought into its space.
 */
export function askedTeacher(
  set: Pick<DistilledSet, "metadata" | "normalisation">,
  protocol: Asked,
  who: string,
  spell: Spell = dotted,
): TeacherRecipe | undefined {
  if (protocol.labels !== "teacher" || protocol.teacherFrom !== "raw") return undefined;
  const recipe = describedTeacher(protocol) ?? namedTeacher(set, who);
  if (!recipe)
    throw new UsageError(
      `${who}: missing teacher: expected a set of rded or sre2l, whose metadata say how its teacher learnt, got one that names none; say ${spell(["teacherEpochs"])} to train another`,
    );
  const { normalisation } = set;
  if (normalisation.kind === "unknown" || (normalisation.kind === "zca" && !normalisation.whitening))
    throw new UsageError(
      `${who}: invalid normalisation: expected one that raw images can be brought to with ${spell(["teacherFrom"])} raw, got ${describeNormalisation(normalisation)}; say which with --normalisation`,
    );
  return recipe;
}

/**
 * Refuse raw images that are not those that the set was distilled from, unless the teacher is another anyway.
 *
 * @param raw their name and digest
 * @throws UsageError
 */
export function checkTeacherData(
  { metadata }: Pick<DistilledSet, "metadata">,
  { teacherEpochs }: Asked,
  raw: { readonly name: string; readonly digest: string },
  who: string,
  spell: Spell = dotted,
): void {
  const { digest: wanted } = (metadata.source ?? {}) as { digest?: unknown };
  if (teacherEpochs !== undefined || typeof wanted !== "string" || wanted === raw.digest) return;
  throw new UsageError(
    `${who}: invalid ${spell(["teacherData"])}: expected the raw images that the set was distilled from (sha256 ${wanted.slice(0, 12)}…), got ${raw.name} (${raw.digest.slice(0, 12)}…); say ${spell(["teacherEpochs"])} to train a teacher on these`,
  );
}
