import { declaredIn } from "../formats/saysTampered.ts";
import { checkVersion } from "./attestationChecks.ts";
import { tensorsPredicateType } from "./attestations.ts";
import { checkEncoding, checkSignature, matchSigner } from "./authenticate.ts";
import { parseBundle } from "./bundle.ts";
import { CheckFailure, Checklist } from "./checks.ts";
import type { VerifyOptions } from "./openSeal.ts";
import { parseStatement } from "./statement.ts";
import { checkTensors } from "./tensors.ts";
import type { Verification } from "./verifySeal.ts";

type TensorVerifyOptions = Pick<VerifyOptions, "trust" | "at" | "expectVersion" | "minVersion"> & {
  readonly openSet: () => ReturnType<NonNullable<VerifyOptions["openSet"]>>;
};

/**
 * Verify a set that was re-encoded (`.pt` → `.npz`) against the publisher's tensor digests alone.
 *
 * The files differ from those that were sealed, so the checks of the manifest are skipped.
 *
 * @param text the publisher's `retort.tensors.json`.
 */
export async function verifyTensors(name: string, text: string, options: TensorVerifyOptions): Promise<Verification> {
  const list = new Checklist();
  const { trust, at } = options;
  const bundle = await list.check("bundle", () => {
    const parsed = parseBundle(text);
    return { value: parsed, message: "a signed list of tensor digests" };
  });
  await list.check("trust", () => {
    if (trust.kind === "none" || (trust.kind === "keys" && trust.keys.length === 0))
      throw new CheckFailure("nobody: give --key, or pin a key with retort trust add");
    return { message: trust.kind };
  });
  const signer =
    bundle &&
    (await list.check("signer", () => {
      const found = matchSigner(bundle, trust, at);
      return { value: found, message: found.name };
    }));
  if (bundle && signer) {
    await list.check("encoding", () => ({ message: checkEncoding(bundle, signer) }));
    await list.check("signature", () => {
      checkSignature(bundle, signer);
      return { message: `${bundle.payload.length} bytes signed` };
    });
  }
  const statement =
    bundle &&
    (await list.check("statement", () => {
      const parsed = parseStatement(bundle.payloadType, bundle.payload);
      if (parsed.predicateType !== tensorsPredicateType)
        throw new CheckFailure(`wrong predicate: expected ${tensorsPredicateType}, got ${parsed.predicateType}`);
      return { value: parsed, message: `${parsed.predicateType} about ${JSON.stringify(parsed.subject.name)}` };
    }));
  let tampered: unknown;
  if (statement)
    await list.check("tensors", async () => {
      const set = await options.openSet();
      tampered = set.kind === "distilled" ? declaredIn(set.metadata) : undefined;
      return { message: checkTensors(set, statement.predicate) };
    });
  const version = (statement?.predicate as { version?: unknown } | undefined)?.version;
  const said = typeof version === "string" ? { version } : {};
  await checkVersion(list, said, signer, options);
  const checks = list.list();
  const needed = ["bundle", "trust", "signer", "encoding", "signature", "statement", "tensors"];
  return {
    verified: checks.every(({ id, status }) => status !== "failed" && (status !== "skipped" || !needed.includes(id))),
    name,
    checks,
    ...(signer &&
      !list.failed("signature") && {
        signer: { kind: signer.kind, name: signer.name, fingerprint: signer.fingerprint },
      }),
    ...said,
    files: {
      missing: [],
      changed: [],
      added: [],
      moved: [],
      respelled: [],
      ignored: [],
      signed: 0,
      links: [],
      specials: [],
      swapped: [],
    },
    ...(tampered !== undefined && { tampered }),
    attestations: [],
  };
}
