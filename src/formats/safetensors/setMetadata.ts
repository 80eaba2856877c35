import { DataError } from "../../core/errors.ts";
import { canonicalJson } from "../../core/hash.ts";
import type { DistilledSet, Labels } from "../../data/DistilledSet.ts";
import type { Normalisation, WhiteningFit, ZcaWhitening } from "../../data/Normalisation.ts";
import { type Json, strictJson } from "../strictJson.ts";
import type { StoredTensor } from "../tensor.ts";

/** Value of the text entry `format` in files that hold a distilled set in the canonical form. */
export const canonicalFormat = "retort-distilled-set";

type SoftForm = Extract<Labels, { kind: "soft" }>["form"];

/**
 * Say what the numbers of a set mean, as text entries: `format`, `version`, `name`, `classes`, `class_names` (JSON),
 * `label_form`, `normalisation` (JSON), `metadata` (JSON). Matrices of a whitening are tensors, not text.
 */
export function writeMetadata(set: DistilledSet): Record<string, string> {
  const { whitening: _, ...normalisation } = { whitening: undefined, ...set.normalisation };
  return {
    format: canonicalFormat,
    version: "1",
    name: set.name,
    classes: String(set.classes),
    ...(set.classNames ? { class_names: canonicalJson(set.classNames) } : {}),
    label_form: set.labels.kind === "hard" ? "hard" : set.labels.form,
    normalisation: canonicalJson(normalisation),
    metadata: canonicalJson(set.metadata),
  };
}

export interface SetMetadata {
  /** Does the file say that it holds a set in the canonical form? */
  readonly ours: boolean;
  readonly classes?: number;
  readonly form?: SoftForm;
  readonly parts: {
    readonly name?: string;
    readonly normalisation?: Normalisation;
    readonly classNames?: readonly string[];
    readonly metadata?: Readonly<Record<string, unknown>>;
  };
}

/**
 * Read the text entries back. Files of other writers keep their entries as free-form metadata.
 *
 * @throws DataError if the file claims the canonical form and an entry does not keep it.
 */
export function readMetadata(
  entries: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, StoredTensor>,
): SetMetadata {
  if (entries.get("format") !== canonicalFormat)
    return { ours: false, parts: { metadata: Object.fromEntries(entries) } };
  const text = (key: string, fallback: string): string => entries.get(key) ?? fallback;
  if (text("version", "") !== "1") throw wrong("version", "1", text("version", "none"));
  const classes = Number(text("classes", "0"));
  if (!Number.isInteger(classes) || classes < 0 || classes > 2 ** 24)
    throw wrong("classes", "a whole number", text("classes", ""));
  const form = text("label_form", "hard");
  if (form !== "hard" && form !== "probabilities" && form !== "logits" && form !== "centred")
    throw wrong("label_form", "hard, probabilities, logits or centred", form);
  const metadata = json(text("metadata", "{}"));
  if (!(metadata instanceof Map)) throw wrong("metadata", "a JSON object", text("metadata", ""));
  const names = entries.has("class_names") ? json(text("class_names", "")) : undefined;
  if (names !== undefined && (!isTextList(names) || names.length !== classes))
    throw wrong("class_names", `a JSON list of ${classes} names`, text("class_names", ""));
  return {
    ours: true,
    classes,
    form: form === "hard" ? undefined : form,
    parts: {
      name: text("name", ""),
      normalisation: readNormalisation(text("normalisation", '{"kind":"unknown"}'), tensors),
      ...(names ? { classNames: names } : {}),
      metadata: plain(metadata) as Record<string, unknown>,
    },
  };
}

function readNormalisation(text: string, tensors: ReadonlyMap<string, StoredTensor>): Normalisation {
  const value = json(text);
  const members: ReadonlyMap<string, Json> = value instanceof Map ? value : new Map();
  const kind = members.get("kind");
  const name = members.get("name");
  if (name !== undefined && typeof name !== "string") throw wrong("normalisation", "a text as its name", text);
  const named = name === undefined ? {} : { name };
  if (kind === "unit" || kind === "unknown") return { kind };
  if (kind === "zca") {
    // A matrix in the file is what it is, whatever the file says that it was fitted to.
    const whitening = readWhitening(tensors);
    if (whitening) return { kind, ...named, whitening };
    const fit = members.get("fit");
    return { kind, ...named, ...(fit === undefined ? {} : { fit: readFit(fit, text) }) };
  }
  const mean = members.get("mean");
  const std = members.get("std");
  if (kind !== "meanStd" || !isNumberList(mean) || !isNumberList(std) || mean.length !== std.length)
    throw wrong("normalisation", "unit, meanStd with mean and std, zca or unknown", text);
  return { kind, ...named, mean, std };
}

function readFit(value: Json, text: string): WhiteningFit {
  const members: ReadonlyMap<string, Json> = value instanceof Map ? value : new Map();
  const data = members.get("data");
  const epsilon = members.get("epsilon");
  if (typeof data !== "string" || !/^[0-9a-f]{64}$/.test(data) || typeof epsilon !== "number" || !(epsilon > 0))
    throw wrong("normalisation", "a fit with the SHA-256 of its data and a positive epsilon", text);
  return { data, epsilon };
}

function readWhitening(tensors: ReadonlyMap<string, StoredTensor>): ZcaWhitening | undefined {
  const parts = ["zca_mean", "zca_matrix", "zca_inverse"].map((name) => tensors.get(name));
  if (parts.every((part) => part === undefined)) return undefined;
  const [mean, matrix, inverse] = parts.map((part) => (part?.data instanceof Float32Array ? part.data : undefined));
  const size = mean?.length ?? 0;
  if (!mean || !matrix || !inverse || matrix.length !== size * size || inverse.length !== size * size)
    throw wrong("whitening", "zca_mean [D], zca_matrix [D, D] and zca_inverse [D, D] in float32", "others");
  return { mean, matrix, inverse };
}

function json(text: string): Json {
  return strictJson(text, "safetensors");
}

/** Maps back to plain objects. `Object.fromEntries` defines keys, so "__proto__" is a key like any other. */
function plain(value: Json): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

function isTextList(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isNumberList(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function wrong(what: string, expected: string, got: string): DataError {
  return new DataError(`safetensors: invalid ${what}: expected ${expected}, got ${got.slice(0, 80)}`, 8);
}
