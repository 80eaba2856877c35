import { UsageError } from "../../core/errors.ts";
import { refuseIdle } from "../../core/readWhen.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { keptNetworks } from "../../disk/kept/keptNetworks.ts";
import { rawData } from "../../disk/rawData.ts";
import { setDigest } from "../../disk/setDigest.ts";
import { describedTeacher, namedTeacher } from "../../distill/teachers/namedTeacher.ts";
import { rawTeacherOf } from "../../distill/teachers/rawTeacherOf.ts";
import type { TeacherRecipe } from "../../distill/teachers/teacherRecipe.ts";
import type { GivenTeacher } from "../../train/learnerFor.ts";
import { seenSpace } from "../../train/TrainedNetwork.ts";
import type { EvaluationChoice } from "../options/evaluationOptions.ts";
import { flagOf } from "../shell/flagOf.ts";
import type { Work } from "./attackRun.ts";

/** What the teacher of receivers will be, before it is trained. */
export interface TeacherChoice {
  readonly recipe: TeacherRecipe;
  readonly raw: LabelledSet;
  /** Digest of the raw images. */
  readonly digest: string;
}

/**
 * Which teacher receivers ask: the one that made the set, as its metadata say, or one that flags describe.
 *
 * @param named how an option is called
 * @returns undefined where none is asked for that has learnt raw images.
 * @throws UsageError where the set names none, or other raw images.
 */
export async function chooseTeacher(
  set: DistilledSet,
  choice: EvaluationChoice,
  who: string,
  named: (option: string) => string = (option) => option,
): Promise<TeacherChoice | undefined> {
  const flag = (option: string) => flagOf([named(option)]);
  const { labels, teacherFrom, teacherData = choice.test } = choice;
  if (labels !== "teacher" || teacherFrom !== "raw") {
    const rule = { option: "teacherData", read: () => false, by: `${flag("teacherFrom")} raw` };
    refuseIdle(who, [rule], choice, ["teacherData"], ([option]) => flag(String(option)));
    return undefined;
  }
  const recipe = describedTeacher(choice) ?? namedTeacher(set, who);
  if (!recipe)
    throw new UsageError(
      `${who}: missing teacher: expected a set of rded or sre2l, whose metadata say how its teacher learnt, got one that names none; say ${flag("teacherEpochs")} to train another`,
    );
  seenSpace(set.normalisation, `${who}: ${flag("teacherFrom")} raw`);
  if (teacherData === undefined)
    throw new UsageError(`${who}: missing ${flag("teacherData")}: expected the raw images of the teacher, got none`);
  const raw = await rawData(teacherData, who).split("train");
  const digest = setDigest(raw);
  const { digest: wanted } = (set.metadata.source ?? {}) as { digest?: unknown };
  if (choice.teacherEpochs === undefined && typeof wanted === "string" && wanted !== digest)
    throw new UsageError(
      `${who}: invalid ${flag("teacherData")}: expected the raw images that the set was distilled from (sha256 ${wanted.slice(0, 12)}…), got ${raw.name} (${digest.slice(0, 12)}…); say ${flag("teacherEpochs")} to train a teacher on these`,
    );
  return { recipe, raw, digest };
}

/** Train the teacher, or take the kept one, with a bar. */
export async function receiversTeacher(
  { console, signal, device }: Pick<Work, "console" | "signal" | "device">,
  { normalisation }: DistilledSet,
  { recipe, raw, digest }: TeacherChoice,
): Promise<GivenTeacher> {
  const bar = console.progress("teacher", recipe.epochs);
  return await rawTeacherOf(recipe, raw, normalisation, {
    ...{ device, signal, keep: keptNetworks(digest) },
    onEpoch: (epoch) => bar.update(epoch, "epochs on the raw images"),
  }).finally(() => bar.end());
}
