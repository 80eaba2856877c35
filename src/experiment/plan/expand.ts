import { UsageError } from "../../core/errors.ts";
import { layered, nested, type Settings } from "../../core/layers.ts";
import { respelled } from "../../core/respelled.ts";
import { namedIn } from "../../core/spelling.ts";
import { didYouMean } from "../../core/suggestion.ts";
import { namesake, type PartName, partNames, parts as partSchemas } from "./experimentSchema.ts";
import type { Experiment } from "./readExperiment.ts";

export type AxisValue = string | number | boolean;

export interface Axis {
  readonly name: string;
  readonly values: readonly AxisValue[];
  /** Repeats of one condition, over which tables average. */
  readonly repeats?: true;
}

/** One combination of the axes, and what it makes of each part. Nothing has a default yet. */
export interface Combination {
  readonly axes: Readonly<Record<string, AxisValue>>;
  readonly parts: Readonly<Partial<Record<PartName, Settings>>>;
  readonly seed: number;
  /** Where each part was last written, for errors. */
  where(part: PartName): string;
}

/** The axes of an experiment, in the order of its matrix. */
export function axesOf({ body: { matrix = {} } }: Experiment): Axis[] {
  return Object.entries(matrix).map(([name, values]) => ({
    name,
    values: Array.isArray(values) ? values : Object.keys(values as object),
    ...((name === "seed" || name === "set.seed") && { repeats: true as const }),
  }));
}

/** Chosen: a plan of so many takes minutes and its manifest a hundred megabytes; no sweep here came near. */
export const mostTrials = 100_000;

/**
 * Every combination of an experiment's axes that is not excluded; the last axis varies fastest.
 *
 * @throws UsageError if `exclude` names what is not there, nothing is left, or there are more than `mostTrials`.
 */
export function expand(experiment: Experiment): Combination[] {
  const { body, where } = experiment;
  const axes = axesOf(experiment);
  for (const { name, values } of axes) {
    const met = new Set<AxisValue>();
    const twice = values.find((value) => met.size === met.add(value).size);
    if (twice !== undefined)
      throw new UsageError(`${where(["matrix", name])}: invalid ${name}: expected distinct values, got ${twice} twice`);
  }
  const asked = axes.reduce((product, { values }) => product * values.length, 1);
  if (asked > mostTrials)
    throw new UsageError(
      `${where(["matrix"])}: invalid matrix: expected at most ${mostTrials} combinations, got ${asked}; split it into several experiments`,
    );
  const excluded = exclusions(experiment, axes);
  const all = axes.reduce<Combination["axes"][]>(
    (points, { name, values }) => points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
  const kept = all.filter((point) => !excluded.some((matches) => matches(point)));
  if (kept.length === 0)
    throw new UsageError(`${where(["exclude"])}: invalid exclude: expected a trial to be left, got none`);
  return kept.map((point) => combine(experiment, point, body.seed ?? 0));
}

type Matcher = (point: Combination["axes"]) => boolean;

function exclusions({ body: { exclude = [] }, size, where }: Experiment, axes: readonly Axis[]): Matcher[] {
  return exclude.map((rule, i) => {
    const wanted = Object.entries(rule).map(([name, values]): [string, readonly AxisValue[]] => {
      const axis = axes.find((one) => one.name === name);
      const known = (axis?.values ?? []).map(String);
      const list = (Array.isArray(values) ? values : [values]).map((value: AxisValue) =>
        typeof value === "string" ? namedIn(known, value) : value,
      );
      const strange = list.find((value) => !axis?.values.includes(value));
      if (strange !== undefined && size === undefined)
        throw new UsageError(
          `${where(["exclude", i, name])}: unknown ${axis ? `value of ${name}` : "axis"}: expected one of ${(axis?.values ?? axes.map((a) => a.name)).join(", ")}, got ${axis ? strange : name}${didYouMean(axis ? strange : name, axis ? known : axes.map((a) => a.name))}`,
        );
      return [name, list];
    });
    return (point) => wanted.length > 0 && wanted.every(([name, values]) => values.includes(point[name]));
  });
}

function combine({ body, where }: Experiment, point: Combination["axes"], seed: number): Combination {
  const parts: Partial<Record<PartName, Settings>> = {};
  const places = new Map<PartName, string[]>();
  const lay = (part: PartName, settings: Settings, place: string[]) => {
    parts[part] = layered(parts[part] ?? {}, settings);
    places.set(part, place);
  };
  for (const part of partNames) if (body[part]) lay(part, body[part] as Settings, [part]);
  const matrix = (body.matrix ?? {}) as Record<string, unknown>;
  for (const part of partNames) {
    const axis = matrix[part];
    if (axis === undefined) continue;
    const value = String(point[part]);
    const settings = Array.isArray(axis)
      ? { [namesake[part as keyof typeof namesake]]: value }
      : (axis as Record<string, Settings>)[value];
    lay(part, settings, ["matrix", part, value]);
  }
  for (const [name, value] of Object.entries(point)) {
    const [part, ...path] = name.split(".") as [PartName, ...string[]];
    if (path.length === 0) continue;
    const axis = matrix[name];
    if (Array.isArray(axis)) lay(part, nestedIn(part, path, value), ["matrix", name]);
    else
      lay(part, respelled(partSchemas[part], (axis as Record<string, Settings>)[String(value)]) as Settings, [
        "matrix",
        name,
        String(value),
      ]);
  }
  return {
    axes: point,
    parts,
    seed: (point.seed as number | undefined) ?? seed,
    where: (part) => where(places.get(part) ?? [part]),
  };
}

/** One option of a part in the spelling of its schema: later layers lie over it by name. */
const nestedIn = (part: PartName, path: readonly string[], value: AxisValue): Settings =>
  respelled(partSchemas[part], nested(path, value)) as Settings;
