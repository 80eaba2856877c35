import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { classCounts, digestTensors, type TensorDigest } from "../data/tensorDigests.ts";
import type { Source } from "../formats/Format.ts";
import { declaredIn } from "../formats/saysTampered.ts";
import { CheckFailure } from "./checks.ts";
import type { Folder } from "./Folder.ts";
import { asArray, asDigest, asFields } from "./shape.ts";
import { isSealFile } from "./staging.ts";

/** A test accuracy that the publisher measured, as a fraction. */
export interface StatedAccuracy {
  readonly value: number;
  /** How far an honest re-measurement may be off, as a fraction. */
  readonly tolerance: number;
  readonly network?: string;
}

/** What the publisher says beside the digests. */
export interface SetFacts {
  readonly version?: string;
  readonly method?: string;
  readonly network?: string;
  readonly seeds?: readonly number[];
  readonly cta?: StatedAccuracy;
}

/** Make the predicate of `retort.tensors.json`. */
export function tensorsPredicate(set: DistilledSet | LabelledSet, format: string, facts: SetFacts) {
  const counts = classCounts(set);
  const tampered = set.kind === "distilled" ? declaredIn(set.metadata) : undefined;
  const even = counts.every((count) => count === counts[0]);
  return {
    ...digestTensors(set),
    readAs: format,
    kind: set.kind,
    classes: set.classes,
    ...(set.classNames && { classNames: set.classNames }),
    classCounts: counts,
    ...(even && { ipc: counts[0] }),
    ...(set.kind === "distilled" && {
      labels: set.labels.kind === "hard" ? "hard" : set.labels.form,
      normalisation: plainNormalisation(set),
    }),
    ...facts,
    ...(tampered !== undefined && { tampered }),
  };
}

/** What was done to the pixels, less the matrices: what they were fitted to identifies them. */
function plainNormalisation({ normalisation }: DistilledSet): unknown {
  if (normalisation.kind !== "zca") return normalisation;
  const { whitening: _, ...said } = normalisation;
  return said;
}

/**
 * Compare a set with the digests a publisher signed.
 *
 * @throws CheckFailure that names the tensors that differ and says whether only the order does.
 */
export function checkTensors(set: DistilledSet | LabelledSet, predicate: unknown): string {
  const who = "checkTensors";
  const fields = asFields(who, "predicate", predicate);
  const actual = digestTensors(set);
  const signed = asArray(who, "predicate.tensors", fields.tensors).map((item) => asFields(who, "tensor", item));
  const different: string[] = [];
  for (const tensor of actual.tensors) {
    const match = signed.find((item) => item.name === tensor.name);
    if (!match || asDigest(who, "tensor.sha256", match.sha256) !== tensor.sha256)
      different.push(describe(tensor, match));
  }
  if (signed.length !== actual.tensors.length) different.push(`${signed.length} tensors were signed`);
  if (different.length === 0)
    return `${actual.tensors.map((tensor) => `${tensor.name} ${tensor.dtype} [${tensor.shape}]`).join(", ")}`;
  const sameShapes = actual.tensors.every((tensor) => signed.some((item) => `${item.shape}` === `${tensor.shape}`));
  if (sameShapes && fields.pairs === actual.pairs)
    throw new CheckFailure("the images and their labels are those that were signed, but in another order");
  throw new CheckFailure(`other tensors than were signed: ${different.join("; ")}`);
}

function describe(tensor: TensorDigest, signed: Readonly<Record<string, unknown>> | undefined): string {
  if (!signed) return `${tensor.name} was not signed`;
  const shape = `${tensor.dtype} [${tensor.shape}]`;
  const before = `${String(signed.dtype)} [${String(signed.shape)}]`;
  return shape === before
    ? `${tensor.name} ${shape} has other values`
    : `${tensor.name} is ${shape}, signed was ${before}`;
}

/** What a reader may look at in a sealed folder: neither the seal's own files nor hidden ones. */
export function dataSource(folder: Folder): Source {
  if (!folder.folder) return { name: folder.name, folder: false, files: folder.files };
  const files = folder.files.filter(
    ({ path }) => !isSealFile(path) && !path.split("/").some((part) => part.startsWith(".")),
  );
  return { name: folder.name, folder: folder.folder, files };
}
