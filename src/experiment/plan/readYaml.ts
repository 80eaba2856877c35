import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import { describeIssue } from "./describeIssue.ts";

type Path = readonly PropertyKey[];
/** "exp.yaml:12:5": where a member stands, or the nearest one around it. */
export type Where = (path: Path) => string;

/**
 * Read a file of settings, YAML or JSON, and check it.
 *
 * @param what the whole file is, for errors.
 * @returns the value as it was written: members keep their order, and none gets a default.
 * @throws UsageError with file, line, column and what to write.
 */
export function readYaml<S extends z.ZodType>(
  schema: S,
  text: string,
  file: string,
  what: string,
): { value: z.input<S>; where: Where } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw new UsageError(`${at(broken.pos[0])}: invalid YAML: expected a document, got: ${broken.message}`);

  const where: Where = (path) => {
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

  const value: unknown = document.toJS() ?? {};
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: value as z.input<S>, where };
  const { path, message } = describeIssue(schema, parsed.error.issues[0], value, what);
  throw new UsageError(`${where(path)}: ${message}`);
}
