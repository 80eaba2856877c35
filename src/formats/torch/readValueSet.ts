import { DataError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { decodeIdc, repeatLabels } from "../../data/decodeIdc.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { assembleSet } from "../assemble.ts";
import type { Finding, Opened, ReadOptions } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { findAccuracies, findSet } from "./layouts.ts";
import { listObjects } from "./listObjects.ts";
import { recordsOf } from "./recordsOf.ts";
import type { ValueFile } from "./TorchFile.ts";

/** Everything one opened file of described values says: its objects, its set if it holds one, its stored accuracies. */
export async function readValueSet(
  file: ValueFile,
  format: string,
  name: string,
  options: ReadOptions,
  budget: Budget,
): Promise<Opened> {
  const listed = await listObjects(file);
  const { accuracies, findings: accuracyFindings } = findAccuracies(file.root);
  const findings: Finding[] = [...file.findings, ...listed.findings, ...accuracyFindings];
  const found = findSet(file.root, options);
  let set: DistilledSet | LabelledSet | undefined;
  let normalisationBy: Opened["normalisationBy"];
  if (found) {
    const images = await file.tensor(found.images);
    const labels = found.labels && (await file.tensor(found.labels));
    const metadata = { layout: found.layout, ...found.metadata };
    set = assembleSet(
      { name, images, labels, metadata, layout: found.layout === "dc" ? "nchw" : undefined },
      options,
      budget,
      format,
    );
    if (set?.kind === "distilled" && found.layout === "pair") {
      const decoded = decodePair(set, options, budget);
      set = decoded.set;
      findings.push(...decoded.findings);
      if (set.normalisation.kind === "unit") normalisationBy = "reader";
    }
    if (!set)
      findings.push({
        severity: "note",
        rule: "labels-missing",
        message: "holds images without labels: name the label file too, or say how many images a class has (ipc)",
      });
  }
  return {
    format,
    objects: listed.objects,
    findings,
    globals: file.globals,
    records: await recordsOf(file),
    ...(set ? { set } : {}),
    ...(normalisationBy ? { normalisationBy } : {}),
    ...(accuracies ? { accuracies } : {}),
  };
}

/**
 * A pair [images, labels] at the top of a file is IDC's layout if its values are pixels in [0, 1]: then each image holds
 * `factor`² tiles, by default 4, which is decoded and said.
 */
function decodePair(
  set: DistilledSet,
  options: ReadOptions,
  budget: Budget,
): { set: DistilledSet; findings: Finding[] } {
  const isPixels = set.images.every((value) => value >= 0 && value <= 1);
  const factor = options.factor ?? (isPixels ? 2 : 1);
  if (factor === 1) return { set, findings: [] };
  if (!Number.isInteger(factor) || factor < 1)
    throw new DataError(`idc: invalid factor: expected a whole number, got ${factor}`);
  budget.charge(4 * set.images.length * factor * factor, "idc", "decoded images");
  const { images, shape } = decodeIdc(set.images, set.shape, factor);
  return {
    set: {
      ...set,
      images,
      shape,
      labels: repeatLabels(set.labels, factor * factor),
      normalisation: { kind: "unit" },
      metadata: { ...set.metadata, layout: "idc", factor },
    },
    findings: [
      {
        severity: "note",
        rule: "idc-decoded",
        message: `taken as IDC: each stored image was cut into ${factor}×${factor} tiles and each tile enlarged; a factor of 1 leaves them as stored`,
      },
    ],
  };
}
