import { UsageError } from "../../core/errors.ts";
import { fileSource } from "../../disk/fileSource.ts";
import { setPath } from "../../disk/setPath.ts";
import type { Source } from "../../formats/Format.ts";
import type { GateChoice } from "../options/gateOptions.ts";
import type { Console } from "../shell/console.ts";

/**
 * Open what a person named; with `--require-seal` through the gate.
 *
 * Every command that loads a set reads it through the source that this returns: bytes are hashed as they are read.
 *
 * @param paths a folder or file, the run folder of a distillation too, or several files (which have no seal).
 * @throws PolicyError if the seal is not valid.
 */
export async function openSource(
  paths: string | readonly string[],
  choice: GateChoice,
  console: Console,
): Promise<Source> {
  const list = typeof paths === "string" ? [setPath(paths)] : paths.length === 1 ? paths.map(setPath) : paths;
  if (!choice.requireSeal) return fileSource(list);
  if (list.length !== 1)
    throw new UsageError("--require-seal: invalid path: expected one sealed folder or file, got several files");
  const [path] = list;
  // Loaded only here: most calls check no seal.
  const [{ checkVersions }, { sealFolder }, { defaultSignature, readDetached }, { requireSeal }, { resolveTrust }] =
    await Promise.all([
      import("./checkVersions.ts"),
      import("../../disk/sealFolder.ts"),
      import("../../disk/detachedSeal.ts"),
      import("../../seal/gate.ts"),
      import("./resolveTrust.ts"),
    ]);
  checkVersions(choice, "--require-seal");
  const folder = sealFolder(path);
  const signature = defaultSignature(path);
  const { source, signer, fingerprint } = await requireSeal(folder, {
    trust: await resolveTrust(choice, path),
    at: new Date(),
    expectVersion: choice.expectVersion,
    minVersion: choice.minVersion,
    ...(signature !== undefined && (await readDetached(signature))),
  });
  console.note(`sealed by ${signer.name}, fingerprint ${fingerprint}`);
  return source;
}
