import { UsageError } from "../core/errors.ts";
import { parseBundle } from "./bundle.ts";
import { compareFiles, splitNames } from "./compareFiles.ts";
import type { Folder } from "./Folder.ts";
import { digestPresent } from "./fileChecks.ts";
import { type Manifest, parseResources, parseSerialization, rootDigest, signatureName } from "./manifest.ts";
import { asSealed, ignoredPaths } from "./openSeal.ts";
import { throughStaging } from "./staging.ts";
import { parseStatement, type Subject } from "./statement.ts";

/**
 * Find what a further statement about a sealed folder is about.
 *
 * The seal's signature is not checked here, only that the seal and the files agree: whoever attests vouches for the
 * files he sees.
 *
 * @param signature the seal, where it lies elsewhere.
 * @throws UsageError if there is no seal or the files differ from it.
 */
export async function sealedSubject(
  untrusted: Folder,
  signature?: Uint8Array,
): Promise<{ subject: Subject; ignorePaths: readonly string[] }> {
  const staged = throughStaging(untrusted);
  const file = staged.folder.files.find((item) => item.path === signatureName);
  const sealed = signature ?? (await file?.read());
  if (!sealed)
    throw new UsageError(`attest: missing seal: expected ${signatureName} in ${untrusted.name}; seal the set first`);
  const bundle = parseBundle(sealed);
  const statement = parseStatement(bundle.payloadType, bundle.payload);
  const manifest: Manifest = {
    name: statement.subject.name,
    ...parseResources(statement),
    ...parseSerialization(statement),
  };
  const folder = asSealed(staged.folder, manifest);
  const split = splitNames(
    folder.files.map((item) => item.path),
    manifest,
    ignoredPaths(manifest, {}),
  );
  const { missing, changed, added, moved } = compareFiles(
    split,
    manifest.resources,
    await digestPresent(folder, split, {}),
  );
  const wrong = [...missing, ...changed, ...added, ...moved.map((move) => move.from)];
  if (wrong.length > 0 || rootDigest(manifest.resources) !== statement.subject.sha256)
    throw new UsageError(
      `attest: invalid seal: expected it to fit the folder, but ${wrong.slice(0, 5).join(", ") || "its root digest"} differs; run retort verify`,
    );
  return { subject: statement.subject, ignorePaths: manifest.ignorePaths ?? [] };
}
