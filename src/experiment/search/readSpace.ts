import { z } from "zod";
import type { SearchSpace } from "../../attack/Attack.ts";
import { UsageError } from "../../core/errors.ts";
import { nested } from "../../core/layers.ts";
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
  for (const [name, values] of Object.entries(value.vary))
    for (const one of values) {
      const written = nested(name.split("."), one);
      const parsed = settings.safeParse(written);
      if (parsed.success) continue;
      const { message } = describeIssue(settings, parsed.error.issues[0], written, name);
      throw new UsageError(`${where(["vary", name])}: ${message}`);
    }
  return value as SearchSpace;
}
