import { lookUp, UsageError } from "../../core/errors.ts";
import { layered, type Settings } from "../../core/layers.ts";
import { didYouMean } from "../../core/suggestion.ts";
import { type ExperimentFile, experimentSchema, namesake, type PartName, partNames } from "./experimentSchema.ts";
import { readYaml, type Where } from "./readYaml.ts";

/** An experiment file that was checked, at one size. */
export interface Experiment {
  /** How the caller names the file. */
  readonly file: string;
  readonly body: Omit<ExperimentFile, "sizes">;
  /** The size that was chosen, if one was. What `exclude` names may be missing from it. */
  readonly size?: string;
  readonly where: Where;
}

/**
 * Read an experiment file.
 *
 * @param size a name under `sizes`; default: the file as it stands.
 * @throws UsageError with file, line, column and what to write.
 */
export function readExperiment(text: string, file: string, size?: string): Experiment {
  const { value: whole, where } = readYaml(experimentSchema, text, file, "experiment", wholePart);
  for (const path of [[], ...Object.keys(whole.sizes ?? {}).map((name) => ["sizes", name])])
    checkAxes(whole, path, where);
  const { sizes = {}, ...body } = whole;
  const change = size === undefined ? undefined : lookUp(sizes, size, file, "size");
  return { file, body: change ? resized(body, change) : body, size, where };
}

/** What to write where a word stands for a whole part: `network: { name: mlp }`, as an axis `network: [mlp]`. */
function wholePart(path: readonly PropertyKey[], value: unknown): string {
  const inside = path[0] === "sizes" ? path.slice(2) : path;
  const [part, ...more] = inside[0] === "matrix" ? inside.slice(1) : inside;
  if (typeof value !== "string" || !Object.hasOwn(namesake, String(part))) return "";
  const inObject = `; write { ${namesake[part as keyof typeof namesake]}: ${value} }`;
  if (inside[0] !== "matrix") return more.length === 0 ? inObject : "";
  if (more.length === 1) return inObject;
  return more.length === 0 && (part === "attack" || part === "network") ? `; write [${value}]` : "";
}

/** Names of axes are parts, `seed`, one option of a part, or a part and a name of one's own for several of its options. */
function checkAxes(whole: ExperimentFile, path: readonly string[], where: Where): void {
  const { matrix = {} } = path.length > 0 ? (whole.sizes?.[path[1]] ?? {}) : whole;
  const known = new Set<string>([...partNames, "seed"]);
  for (const name of Object.keys(matrix))
    if (!known.has(name) && !(name.includes(".") && partNames.includes(name.split(".")[0] as PartName)))
      throw new UsageError(
        `${where([...path, "matrix", name])}: unknown axis: expected one of ${[...known].join(", ")}, an option of one as attack.alpha, or named settings of one as strategy.recipe, got ${name}${didYouMean(name.split(".")[0], known)}`,
      );
}

/** A size over the file: its parts are laid over those of the file, its axes and its other members replace. */
function resized(body: Experiment["body"], change: Partial<Experiment["body"]>): Experiment["body"] {
  const laid = partNames
    .filter((name) => change[name] && body[name])
    .map((name) => [name, layered(body[name] as Settings, change[name] as Settings)]);
  return { ...body, ...change, ...Object.fromEntries(laid), matrix: { ...body.matrix, ...change.matrix } };
}
