import { UsageError } from "../../core/errors.ts";
import { refuseIdle } from "../../core/readWhen.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { keptNetworks } from "../../disk/kept/keptNetworks.ts";
import { rawData } from "../../disk/rawData.ts";
import { setDigest } from "../../disk/setDigest.ts";
import { askedTeacher, checkTeacherData } from "../../distill/teachers/askedTeacher.ts";
import { rawTeacherOf } from "../../distill/teachers/rawTeacherOf.ts";
import type { TeacherRecipe } from "../../distill/teachers/teacherRecipe.ts";
import type { GivenTeacher } from "../../train/learnerFor.ts";
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
  const spell = ([option]: readonly PropertyKey[]) => flagOf([named(String(option))]);
  const { teacherData = choice.test } = choice;
  const recipe = askedTeacher(set, choice, who, spell);
  if (!recipe) {
    const rule = { option: "teacherData", read: () => false, by: `${spell(["teacherFrom"])} raw` };
    refuseIdle(who, [rule], choice, ["teacherData"], spell);
    return undefined;
  }
  if (teacherData === undefined)
    throw new UsageError(`${who}: missing ${spell(["teacherData"])}: expected the raw images of the teacher, got none`);
  const raw = await rawData(teacherData, who).split("train");
  const digest = setDigest(raw);
  checkTeacherData(set, choice, { name: raw.name, digest }, who, spell);
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
    onWhiten: (done, total) => bar.update(0, `${done} of ${total} raw images whitened`),
    onEpoch: (epoch) => bar.update(epoch, "epochs on the raw images"),
  }).finally(() => bar.end());
}
