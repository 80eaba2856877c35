import * as z from "zod";
import type { SearchSpace } from "../../attack/Attack.ts";
import { UsageError } from "../../core/errors.ts";
import { nested } from "../../core/layers.ts";
import { respelled } from "../../core/respelled.ts";
import { describeIssue } from "../plan/describeIssue.ts";
import { loosened } from "../plan/loosened.ts";
import { readYaml } from "../plan/readYaml.ts";

/**
 * Read a space file (YAML or JSON): `fixed` settings, `vary` with a list for each option, `sample`.
 *
 * @param options schema of the attack.
 * @throws UsageError with file, line, column and what to write.
 */
export function readSpace(text: string, file: string, options: z.ZodObject): SearchSpace {
  const settings = loosened(options);
  const schema = z.strictObject({
    fixed: settings.optional(),
    vary: z.record(z.string(), z.array(z.unknown()).min(1)),
    sample: z.int().min(1).optional(),
  });
  const { value, where } = readYaml(schema, text, file, "space");
  const vary: Record<string, unknown[]> = {};
  for (const [name, values] of Object.entries(value.vary)) {
    const own: unknown[] = [];
    let path: string[] = [];
    for (const one of values) {
      const written = respelled(settings, nested(name.split("."), one));
      const parsed = settings.safeParse(written);
      if (!parsed.success) {
        const { message } = describeIssue(settings, parsed.error.issues[0], written, name);
        throw new UsageError(`${where(["vary", name])}: ${message}`);
      }
      let inner: unknown = written;
      path = name.split(".").map(() => {
        const [step] = Object.keys(inner as object);
        inner = (inner as Record<string, unknown>)[step];
        return step;
      });
      own.push(inner);
    }
    if (Object.hasOwn(vary, path.join(".")))
      throw new UsageError(`${where(["vary", name])}: invalid ${name}: expected it once, got it in two spellings`);
    vary[path.join(".")] = own;
  }
  return { ...value, vary } as SearchSpace;
}
