import { resolve } from "node:path";
import type { Calibration } from "../../audit/calibration.ts";
import { UsageError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { normalisationNamed } from "../../data/normalise.ts";
import { countsAlready } from "../../data/standardSpace.ts";
import { fileSource } from "../../disk/fileSource.ts";
import { openDistilled } from "../../disk/openDistilled.ts";
import { type RawData, rawData } from "../../disk/rawData.ts";
import { rawNameOf } from "../../disk/rawName.ts";
import { setDigest } from "../../disk/setDigest.ts";
import { setPath } from "../../disk/setPath.ts";
import { openedNormalisation, type WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { readCalibration } from "../../run/calibrationFile.ts";
import { whiteningOf } from "../../run/whitenedDistillation.ts";
import type { SetFile, SetRecipe, TestRef } from "./TrialConfig.ts";

type FileRef = Omit<SetFile, "sha256">;

/** The files that trials read, each opened once and kept. */
export class Inputs {
  /** Folder that paths start from. */
  private readonly base: string;
  private readonly kept = new Map<string, Promise<unknown>>();
  readonly hooks: WhiteningHooks;

  /** @param hooks hear of whitenings that have to be fitted first, and of what was noticed while a set was opened. */
  constructor(base: string, hooks: WhiteningHooks = {}) {
    this.base = base;
    this.hooks = hooks;
  }

  /** A distilled set from a file. @throws UsageError or DataError if it cannot be trained on. */
  distilled(ref: FileRef, who: string): Promise<DistilledSet> {
    const { file, ...reading } = ref;
    return this.once(["set", ref], async () => {
      const source = await fileSource(setPath(resolve(this.base, file)));
      const { set, findings } = await openDistilled(source, reading, file, who, this.hooks);
      for (const { severity, message } of findings) if (severity !== "note") this.hooks.warn?.(`${file}: ${message}`);
      return set;
    });
  }

  setDigest(ref: FileRef, who: string): Promise<string> {
    return this.once(["setDigest", ref], async () => setDigest(await this.distilled(ref, who)));
  }

  /** Whether a set in a file is attacked in its own numbers (standardSpace.ts). */
  async countsAlready(ref: FileRef, who: string): Promise<boolean> {
    return countsAlready((await this.distilled(ref, who)).normalisation);
  }

  /** A library of clean sets. */
  calibration(file: string, who: string): Promise<Calibration> {
    return this.once(["calibration", file], () => readCalibration(resolve(this.base, file), who));
  }

  async calibrationDigest(file: string, who: string): Promise<string> {
    return hashJson(await this.calibration(file, who));
  }

  /** The images to measure on. */
  test({ data, split = "test", images }: TestRef, who: string): Promise<LabelledSet> {
    return this.rawData(data, who).split(split, images);
  }

  testDigest({ data, split = "test", images }: TestRef, who: string): Promise<string> {
    return this.once(["testDigest", data, split, images], () => this.rawData(data, who).digest(split, images));
  }

  /** What a distillation of a raw dataset depends on. A whitening is told by its name and what it was fitted to. */
  raw(
    data: string,
    normalisation: string | undefined,
    method: Distillation,
    who: string,
  ): Promise<{ normalisation: Normalisation; sha256: string }> {
    return this.once(["raw", data, normalisation, method.abbreviation], async () => {
      const raw = this.rawData(data, who);
      const sha256 = await raw.digest("train");
      if (normalisation === undefined) return { normalisation: await raw.normalisation(), sha256 };
      if (!normalisation.startsWith("zca-")) return { normalisation: normalisationNamed(normalisation, who), sha256 };
      const how = { who, flag: "normalisation", hooks: this.hooks };
      const found = await whiteningOf(normalisation, { name: raw.name, digest: sha256 }, method, how);
      const { whitening: _, ...told } = found as Extract<Normalisation, { kind: "zca" }>;
      return { normalisation: told, sha256 };
    });
  }

  /** The space that a set is distilled in, with the matrix of a whitening. @throws UsageError if it was fitted to other images. */
  async space({ normalisation }: Pick<SetRecipe, "normalisation">, who: string): Promise<Normalisation> {
    if (normalisation.kind !== "zca") return normalisation;
    const { name, fit } = normalisation;
    const found = await openedNormalisation(`zca-${name}`, who, this.hooks);
    if (found.kind === "zca") checkDigest(found.fit?.data ?? "", fit?.data ?? "", `whitening zca-${name}`);
    return found;
  }

  /** One image to distil from: what shape they have, and how many classes. */
  sample(data: string, who: string): Promise<LabelledSet> {
    return this.rawData(data, who).split("train", 1);
  }

  trainDigest(data: string, who: string): Promise<string> {
    return this.once(["trainDigest", data], () => this.rawData(data, who).digest("train"));
  }

  /** The images to distil from. */
  train(data: string, who: string): Promise<LabelledSet> {
    return this.rawData(data, who).split("train");
  }

  private readonly rawSets = new Map<string, RawData>();

  private rawData(data: string, who: string): RawData {
    const raw =
      this.rawSets.get(data) ??
      rawData(rawNameOf(data, who).dataset !== undefined ? data : resolve(this.base, data), who);
    this.rawSets.set(data, raw);
    return raw;
  }

  private once<T>(parts: readonly unknown[], make: () => Promise<T>): Promise<T> {
    const name = JSON.stringify(parts);
    const made = (this.kept.get(name) as Promise<T> | undefined) ?? make();
    this.kept.set(name, made);
    return made;
  }
}

/** @throws UsageError if a file is no longer what was planned with. */
export function checkDigest(found: string, planned: string, what: string): void {
  if (found !== planned)
    throw new UsageError(
      `trial: invalid ${what}: expected the content that was planned with (${planned.slice(0, 12)}…), got another (${found.slice(0, 12)}…)`,
    );
}
