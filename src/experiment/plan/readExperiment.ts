import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { lookUp, UsageError } from "../../core/errors.ts";
import { describeIssue } from "./describeIssue.ts";
import { type ExperimentFile, experimentSchema, type PartName, partNames } from "./experimentSchema.ts";
import { layered, type Settings } from "./layers.ts";

type Path = readonly PropertyKey[];

/** An experiment file that was checked, at one size. */
export interface Experiment {
  /** How the caller names the file. */
  readonly file: string;
  readonly body: Omit<ExperimentFile, "sizes">;
  /** The size that was chosen, if one was. What `exclude` names may be missing from it. */
  readonly size?: string;
  /** "exp.yaml:12:5": where a member stands, or the nearest one around it. */
  where(path: Path): string;
}

/**
 * Read an experiment file.
 *
 * @param size a name under `sizes`; default: the file as it stands.
 * @throws UsageError with file, line, column and what to write.
 */
export function readExperiment(text: string, file: string, size?: string): Experiment {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw new UsageError(`${at(broken.pos[0])}: invalid YAML: expected a document, got: ${broken.message}`);

  /** Place of a member's name, or of the nearest member around it that is there. */
  const where = (path: Path): string => {
    for (let n = path.length; n > 0; n--) {
      const parent = n === 1 ? document.contents : document.getIn(path.slice(0, n - 1), true);
      const name = path[n - 1];
      const pair = isMap(parent) && parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
      const node = pair ? pair.key : document.getIn(path.slice(0, n), true);
      const range = (node as { range?: readonly number[] } | undefined)?.range;
      if (range) return at(range[0]);
    }
    return file;
  };

  const value: unknown = document.toJS();
  const parsed = experimentSchema.safeParse(value ?? {});
  if (!parsed.success) throw refusal(parsed.error.issues[0], value, where);
  const whole = value as ExperimentFile;
  for (const path of [[], ...Object.keys(whole.sizes ?? {}).map((name) => ["sizes", name])])
    checkAxes(whole, path, where);
  const { sizes = {}, ...body } = whole;
  const change = size === undefined ? undefined : lookUp(sizes, size, file, "size");
  return { file, body: change ? resized(body, change) : body, size, where };
}

function refusal(issue: z.core.$ZodIssue, value: unknown, where: (path: Path) => string): UsageError {
  const { path, message } = describeIssue(experimentSchema, issue, value);
  return new UsageError(`${where(path)}: ${message}`);
}

/** Names of axes are parts, `seed`, or one option of a part. */
function checkAxes(whole: ExperimentFile, path: readonly string[], where: (path: Path) => string): void {
  const { matrix = {} } = path.length > 0 ? (whole.sizes?.[path[1]] ?? {}) : whole;
  const known = new Set<string>([...partNames, "seed"]);
  for (const name of Object.keys(matrix))
    if (!known.has(name) && !(name.includes(".") && partNames.includes(name.split(".")[0] as PartName)))
      throw new UsageError(
        `${where([...path, "matrix", name])}: unknown axis: expected one of ${[...known].join(", ")}, or an option of one as attack.alpha, got ${name}`,
      );
}

/** A size over the file: its parts are laid over those of the file, its axes and its other members replace. */
function resized(body: Experiment["body"], change: Partial<Experiment["body"]>): Experiment["body"] {
  const laid = partNames
    .filter((name) => change[name] && body[name])
    .map((name) => [name, layered(body[name] as Settings, change[name] as Settings)]);
  return { ...body, ...change, ...Object.fromEntries(laid), matrix: { ...body.matrix, ...change.matrix } };
}
