import { DataError } from "../core/errors.ts";
import { asArray, asDigest, asFields, asText, exactFields, mustBe } from "./shape.ts";
import { parseStrictJson } from "./strictJson.ts";

export const inTotoPayloadType = "application/vnd.in-toto+json";
export const inTotoStatementType = "https://in-toto.io/Statement/v1";

/** What a statement is about: the set's name and the root digest of its manifest. */
export interface Subject {
  readonly name: string;
  /** Hexadecimal SHA-256. */
  readonly sha256: string;
}

/** An in-toto statement with one subject. */
export interface Statement {
  readonly subject: Subject;
  readonly predicateType: string;
  readonly predicate: unknown;
}

const who = "parseStatement";

/** Encode a statement as the payload of an envelope. */
export function encodeStatement({ subject, predicateType, predicate }: Statement): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({
      _type: inTotoStatementType,
      subject: [{ name: subject.name, digest: { sha256: subject.sha256 } }],
      predicateType,
      predicate,
    }),
  );
}

/**
 * Parse the payload of an envelope as a statement.
 *
 * @throws DataError for a wrong payload or statement type, more or fewer subjects than one, other digests, extra fields.
 */
export function parseStatement(payloadType: string, payload: Uint8Array): Statement {
  mustBe(who, "payloadType", payloadType, inTotoPayloadType);
  const top = asFields(who, "statement", parseStrictJson(who, payload));
  mustBe(who, "_type", top._type, inTotoStatementType);
  const predicateType = asText(who, "predicateType", top.predicateType);
  if (predicateType === "https://model_signing/Digests/v0.1")
    throw new DataError(
      `${who}: unknown predicateType: expected a statement of version 1.0, got one of version 0.2 (${predicateType}); ask the publisher to sign again`,
    );
  exactFields(who, "statement", top, ["_type", "subject", "predicateType", "predicate"]);
  const subjects = asArray(who, "subject", top.subject);
  if (subjects.length !== 1) throw new DataError(`${who}: invalid subject: expected exactly 1, got ${subjects.length}`);
  const subject = exactFields(who, "subject", subjects[0], ["name", "digest"]);
  const digest = exactFields(who, "subject.digest", subject.digest, ["sha256"]);
  return {
    subject: {
      name: asText(who, "subject.name", subject.name),
      sha256: asDigest(who, "subject.digest.sha256", digest.sha256),
    },
    predicateType,
    predicate: top.predicate,
  };
}
