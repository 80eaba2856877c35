import { createHash } from "node:crypto";
import { PolicyError } from "../core/errors.ts";
import type { Source, SourceFile } from "../formats/Format.ts";
import { checkAttestations, checkVersion, publicationOf } from "./attestationChecks.ts";
import type { Signer } from "./authenticate.ts";
import { Checklist } from "./checks.ts";
import { splitNames } from "./compareFiles.ts";
import type { Folder } from "./Folder.ts";
import { checkLinks, checkPresent, checkUnsigned } from "./fileChecks.ts";
import { chunkBytes } from "./hashFile.ts";
import { isIgnored, setFingerprint } from "./manifest.ts";
import { asSealed, ignoredPaths, openSeal, type VerifyOptions } from "./openSeal.ts";
import { throughStaging } from "./staging.ts";
import { dataSource } from "./tensors.ts";

/** A set behind its seal. */
export interface SealedSource {
  /** Signed files only. Every byte that `read` returns was hashed on its way and fits the seal; otherwise `read` throws. */
  readonly source: Source;
  readonly signer: Signer;
  readonly fingerprint: string;
}

/**
 * Open a set only if its seal is valid, and read nothing but what it binds: the gate behind `--require-seal`.
 *
 * Signature, names and versions are checked here. Contents are checked as they are read, each byte that a reader
 * gets, so that nothing can change between check and use.
 *
 * @throws PolicyError that lists the checks that failed.
 * @example
 * const { source, signer } = await requireSeal(folder, { trust, at: new Date("2026-11-28") });
 * const { set } = await openSet(source);
 */
export async function requireSeal(untrusted: Folder, options: VerifyOptions): Promise<SealedSource> {
  const list = new Checklist();
  const listed = throughStaging(untrusted);
  const opened = await openSeal(list, listed.folder, options);
  const { manifest, signer } = opened;
  const staged = { ...listed, folder: asSealed(listed.folder, manifest) };
  if (manifest) {
    const ignored = ignoredPaths(manifest, options);
    const kept = (paths: readonly string[]) => paths.filter((path) => !isIgnored(path, ignored));
    await checkLinks(list, kept(staged.folder.links), kept(staged.folder.specials));
    const split = splitNames(
      staged.folder.files.map((file) => file.path),
      manifest,
      ignored,
    );
    const differences = { ...split, changed: [], moved: [], respelled: [] };
    await checkPresent(list, differences, untrusted.folder);
    await checkUnsigned(list, differences, staged);
  }
  const attested = await checkAttestations(list, staged, opened, options);
  await checkVersion(list, publicationOf(attested), signer, options);
  const failed = list.list().filter((check) => check.status === "failed");
  if (failed.length > 0 || !manifest || !signer)
    throw new PolicyError(
      `requireSeal: invalid seal of ${untrusted.name}: ${failed.map((check) => `check ${check.number}: ${check.message}`).join("; ")}`,
    );
  const digests = new Map(manifest.resources.map(({ name, digest }) => [name, digest]));
  const signed = staged.folder.files.filter((file) => digests.has(file.path));
  const guarded = signed.map((file) => guardFile(file, digests.get(file.path) as string));
  return {
    source: dataSource({ ...staged.folder, files: guarded }),
    signer,
    fingerprint: setFingerprint(manifest.resources),
  };
}

/**
 * Wrap a file so that only bytes of the signed content come out of it.
 *
 * The first read goes through the whole file and keeps a digest of every MiB; later reads of a part check their MiBs
 * again. Memory: 32 bytes a MiB, and the MiBs that a read touches.
 */
export function guardFile(file: SourceFile, digest: string): SourceFile {
  let known: Promise<readonly string[]> | undefined;
  const fail = () =>
    new PolicyError(`requireSeal: invalid file ${file.path}: expected the signed content, got another`);
  const learn = async () => {
    const whole = createHash("sha256");
    const parts: string[] = [];
    for (let start = 0; start < file.size; start += chunkBytes) {
      const chunk = await file.read(start, Math.min(chunkBytes, file.size - start));
      whole.update(chunk);
      parts.push(sha256(chunk));
    }
    if (whole.digest("hex") !== digest) throw fail();
    return parts;
  };
  return {
    path: file.path,
    size: file.size,
    async read(start = 0, length = file.size - start) {
      if (start === 0 && length === file.size) {
        const bytes = await file.read();
        if (sha256(bytes) !== digest) throw fail();
        return bytes;
      }
      known ??= learn();
      const parts = await known;
      const first = Math.floor(start / chunkBytes);
      const from = first * chunkBytes;
      const to = Math.min(file.size, Math.ceil((start + length) / chunkBytes) * chunkBytes);
      // The range itself is checked by the file.
      if (!(start >= 0 && length >= 0 && start + length <= file.size)) return file.read(start, length);
      const bytes = await file.read(from, to - from);
      for (let i = 0; i * chunkBytes < bytes.length; i++)
        if (sha256(bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes)) !== parts[first + i]) throw fail();
      return bytes.slice(start - from, start - from + length);
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
