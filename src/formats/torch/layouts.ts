import { UsageError } from "../../core/errors.ts";
import { looksLikeImages } from "../assemble.ts";
import type { Finding, ReadOptions } from "../Format.ts";
import { isKind, member, type PickleDict, type PickleValue, textOf } from "../pickle/values.ts";
import { numberOf, numbersOf } from "./listObjects.ts";
import { isTensorValue, signature, type TensorValue } from "./TorchFile.ts";

/** Where the images and labels of a set sit in a described value. */
export interface FoundSet {
  /** Which program's layout this is; goes into the set's metadata. */
  readonly layout: "dc" | "datadam" | "pair" | "dictionary" | "bare";
  readonly images: TensorValue;
  readonly labels?: TensorValue;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Names that dictionaries use for the two halves of a set, most telling first. */
export const imageKeys = ["images", "image", "x_proto", "x", "data"] as const;
export const labelKeys = ["labels", "label", "y_proto", "y", "targets", "target"] as const;

/**
 * Find the set in a described value.
 *
 * - DC, DSA, DM (and CAFE, DC-BENCH): dictionary with `data` = list of experiments `[images, labels]`;
 * - DataDAM: dictionary with `data` = `[images, labels]`;
 * - dictionary with images and labels under usual names;
 * - IDC and others: a pair `[images, labels]` at the top;
 * - MTT, DATM, the released attack: a bare tensor, its other half in another file.
 *
 * @throws UsageError if the experiment asked for is not among those of the file.
 */
export function findSet(root: PickleValue, options: ReadOptions): FoundSet | undefined {
  if (isKind(root, "dict")) {
    const data = member(root, "data");
    return experiments(data, options) ?? pair(data, "datadam") ?? named(root);
  }
  if (isTensorValue(root)) return isImages(root) ? { layout: "bare", images: root, metadata: {} } : undefined;
  return pair(root, "pair");
}

function experiments(data: PickleValue | undefined, options: ReadOptions): FoundSet | undefined {
  if (!isKind(data, "list") && !isKind(data, "tuple")) return undefined;
  const pairs = data.items.map((item) => pair(item, "dc"));
  if (pairs.length === 0 || pairs.includes(undefined)) return undefined;
  const experiment = options.experiment ?? 0;
  const chosen = pairs[experiment];
  if (!chosen) throw new UsageError(`torch: unknown experiment: expected 0 to ${pairs.length - 1}, got ${experiment}`);
  return { ...chosen, metadata: { experiment, experiments: pairs.length } };
}

function pair(value: PickleValue | undefined, layout: FoundSet["layout"]): FoundSet | undefined {
  if ((!isKind(value, "list") && !isKind(value, "tuple")) || value.items.length !== 2) return undefined;
  const [images, labels] = value.items;
  if (!isTensorValue(images) || !isTensorValue(labels) || !isImages(images) || isImages(labels)) return undefined;
  return { layout, images, labels, metadata: {} };
}

function named(dict: PickleDict): FoundSet | undefined {
  const images = pick(dict, imageKeys);
  if (!images || !isImages(images)) return undefined;
  return { layout: "dictionary", images, labels: pick(dict, labelKeys) ?? listed(dict), metadata: {} };
}

/** Labels that stand there as a plain list of class indices. */
function listed(dict: PickleDict): TensorValue | undefined {
  for (const key of labelKeys) {
    const numbers = numbersOf(member(dict, key));
    if (numbers && numbers.length > 0)
      return {
        kind: "array",
        tensor: { dtype: "float64", shape: [numbers.length], data: Float64Array.from(numbers) },
      };
  }
  return undefined;
}

function pick(dict: PickleDict, keys: readonly string[]): TensorValue | undefined {
  for (const key of keys) {
    const value = member(dict, key);
    if (isTensorValue(value)) return value;
  }
  return undefined;
}

function isImages(value: TensorValue): boolean {
  return looksLikeImages(signature(value));
}

/**
 * Read `accs_all_exps`: network → test accuracies, as fractions. Some programs store per cent; a list with a value above 1 is
 * taken as that.
 */
export function findAccuracies(root: PickleValue): {
  accuracies?: Record<string, readonly number[]>;
  findings: Finding[];
} {
  const table = isKind(root, "dict") ? member(root, "accs_all_exps") : undefined;
  if (!isKind(table, "dict")) return { findings: [] };
  const lists: [string, readonly number[]][] = [];
  const findings: Finding[] = [];
  for (const [key, value] of table.entries) {
    const network = textOf(key);
    const stored = numbersOf(value) ?? (numberOf(value) === undefined ? undefined : [numberOf(value) as number]);
    if (network === undefined || stored === undefined || stored.length === 0) continue;
    const perCent = stored.some((accuracy) => accuracy > 1);
    const fractions = perCent ? stored.map((accuracy) => accuracy / 100) : stored;
    if (fractions.every((accuracy) => accuracy >= 0 && accuracy <= 1)) lists.push([network, fractions]);
    else
      findings.push({
        severity: "warning",
        rule: "accuracy-range",
        message: `accuracies stored for ${network.slice(0, 60)} are neither fractions nor per cent; they were left out`,
      });
  }
  return { ...(lists.length ? { accuracies: Object.fromEntries(lists) } : {}), findings };
}
