import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { UsageError } from "../core/errors.ts";
import { checkFolder } from "./makeFolder.ts";

/**
 * Check, before the work that ends in them, that files can be written to where a person said: where a folder is or can be made,
 * each in a place of its own, and none in the place of a file that the same call reads or that lies in a folder which it reads.
 *
 * @param read what the call reads, files or folders.
 * @throws UsageError, or as `checkFolder` does.
 */
export async function checkOutputs(
  files: readonly (string | undefined)[],
  read: readonly (string | undefined)[] = [],
): Promise<void> {
  const inputs = new Set<string>();
  for (const path of read)
    if (path !== undefined)
      for (const place of [await placeOf(path), await realpath(path).catch(() => "")]) inputs.add(place);
  const outputs = new Set<string>();
  for (const file of files) {
    if (file === undefined) continue;
    const there = await stat(file).catch(() => undefined);
    if (there?.isDirectory())
      throw new UsageError(`output: invalid file ${file}: expected the name of a file, got a folder`);
    // Devices and pipes take more than one text, and need no room beside them.
    if (there && !there.isFile()) continue;
    await checkFolder(dirname(resolve(file)));
    const place = await placeOf(file);
    if (inputs.has(place))
      throw new UsageError(
        `output: invalid file ${file}: expected another than is read, got the same; it would be lost`,
      );
    if (there && [...inputs].some((input) => input !== "" && place.startsWith(join(input, sep))))
      throw new UsageError(
        `output: invalid file ${file}: expected another than lies in a folder that is read, got one of its files; it would be lost`,
      );
    if (outputs.has(place))
      throw new UsageError(`output: invalid file ${file}: expected another for each output, got it twice`);
    outputs.add(place);
  }
}

/** Where a file lies or will lie, by whatever way it was named. A link stands for itself: what is written takes its place. */
async function placeOf(file: string): Promise<string> {
  const path = resolve(file);
  return join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path));
}
