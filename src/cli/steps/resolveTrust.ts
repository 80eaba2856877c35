import { existsSync, realpathSync } from "node:fs";
import { sep } from "node:path";
import { PolicyError, UsageError } from "../../core/errors.ts";
import { readBoundedText, readJsonText } from "../../disk/readText.ts";
import { loadCertificates } from "../../seal/certificates.ts";
import { type Pin, pinnedKeys, type Trust, type TrustedKey, trustKey } from "../../seal/Trust.ts";
import type { TrustChoice } from "../options/gateOptions.ts";
import { readKey } from "./readKey.ts";
import { readTrust } from "./trustFile.ts";

/**
 * Turn the options into what the receiver trusts; without any, the pinned keys.
 *
 * @param folder the set; a key that lies in it is refused.
 */
export async function resolveTrust(choice: TrustChoice, folder: string): Promise<Trust> {
  const { key, certificateRoot, identity, issuer, trustedRoot } = choice;
  const kinds = [key, certificateRoot, identity ?? issuer].filter((kind) => kind !== undefined);
  if (kinds.length > 1)
    throw new UsageError(
      "retort: invalid trust: expected one of --key, --certificate-root or --identity with --issuer",
    );
  for (const path of [...(key ?? []), ...(certificateRoot ?? []), ...(trustedRoot ? [trustedRoot] : [])])
    refuseBeside(path, folder);
  if (certificateRoot) {
    const roots = await Promise.all(certificateRoot.map((path) => readBoundedText(path, "retort", "certificates")));
    return { kind: "certificates", roots: roots.flatMap(loadCertificates) };
  }
  if (identity !== undefined || issuer !== undefined) {
    if (identity === undefined || issuer === undefined || trustedRoot === undefined)
      throw new UsageError("retort: missing option: expected --identity, --issuer and --trusted-root together");
    const root = await readJsonText(trustedRoot, "retort", "trusted root");
    // A file that is none is the receiver's mistake, not a fault of the seal.
    const { loadTrustedRoot } = await import("../../seal/keyless.ts");
    loadTrustedRoot(root);
    return { kind: "identity", identity, issuer, trustedRoot: root };
  }
  const store = await readTrust();
  if (key) return { kind: "keys", keys: await Promise.all(key.map((path) => givenKey(path, choice, store.pins))) };
  const keys = pinnedKeys(store, choice.publisher);
  return keys.length > 0 ? { kind: "keys", keys } : { kind: "none" };
}

/** A key given on the command line, with what is pinned about it. */
async function givenKey(path: string, { publisher }: TrustChoice, pins: readonly Pin[]): Promise<TrustedKey> {
  const pem = await readKey(path, "retort", "public");
  const { fingerprint } = trustKey(pem);
  const pin = pins.find((p) => p.fingerprint === fingerprint && (publisher === undefined || p.publisher === publisher));
  if (publisher !== undefined && !pin)
    throw new PolicyError(`retort: unknown key ${fingerprint}: expected one that is pinned for ${publisher}`);
  return trustKey(pem, pin?.publisher, pin?.minVersion);
}

/** A key found beside the data proves nothing: whoever changed the data could have put it there. */
function refuseBeside(path: string, folder: string): void {
  // What is not there is said where it is read.
  if (!existsSync(path)) return;
  const [file, root] = [realpathSync(path), realpathSync(folder)];
  if (file.startsWith(root + sep))
    throw new UsageError(`retort: invalid key ${path}: expected one from elsewhere, got one that lies beside the data`);
}
