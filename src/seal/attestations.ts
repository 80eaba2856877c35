import { DataError } from "../core/errors.ts";
import { authenticate, type Signer, sameSigner } from "./authenticate.ts";
import { parseBundle } from "./bundle.ts";
import { CheckFailure, StrangerFailure } from "./checks.ts";
import { parseStatement, type Subject } from "./statement.ts";
import type { Trust } from "./Trust.ts";

export const slsaPredicateType = "https://slsa.dev/provenance/v1";
export const testResultPredicateType = "https://in-toto.io/attestation/test-result/v0.1";
/** Retort's own: what the set's tensors are, whatever file they lie in (tensors.ts). */
export const tensorsPredicateType = "urn:retort:tensors:v1";

/** A statement beside the seal that belongs to it. */
export interface Attestation {
  readonly file: string;
  readonly predicateType: string;
  readonly predicate: unknown;
  readonly signer: Signer;
}

/**
 * Read a bundle that has the seal as its subject.
 *
 * @throws DataError or CheckFailure unless it is intact, made by someone trusted, and about this seal.
 */
export function readAttestation(
  file: string,
  text: string,
  subject: Subject | undefined,
  trust: Trust,
  at: Date,
): Attestation {
  const bundle = parseBundle(text);
  const signer = authenticate(bundle, trust, at);
  const statement = parseStatement(bundle.payloadType, bundle.payload);
  if (subject && statement.subject.sha256 !== subject.sha256)
    throw new StrangerFailure(
      `${file} is about another set: its subject is ${statement.subject.sha256.slice(0, 16)}…, the seal's is ${subject.sha256.slice(0, 16)}…`,
      [file],
    );
  if (JSON.stringify(bundle.json) !== text)
    throw new DataError(`${file}: invalid bundle: expected the compact form that Retort writes`);
  return { file, predicateType: statement.predicateType, predicate: statement.predicate, signer };
}

/** The same for one that the maker of the seal must have made, with the predicate type its name promises. */
export function readOwnAttestation(
  file: string,
  text: string,
  expectedType: string,
  sealed: { readonly subject: Subject; readonly signer: Signer },
  trust: Trust,
  at: Date,
): Attestation {
  const attestation = readAttestation(file, text, sealed.subject, trust, at);
  if (attestation.predicateType !== expectedType)
    throw new CheckFailure(
      `${file} has the wrong predicate: expected ${expectedType}, got ${attestation.predicateType}`,
      [file],
    );
  if (!sameSigner(attestation.signer, sealed.signer))
    throw new CheckFailure(`${file} was signed by ${attestation.signer.name}, the seal by ${sealed.signer.name}`, [
      file,
    ]);
  return attestation;
}
