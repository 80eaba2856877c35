import { DataError } from "../core/errors.ts";

/** A JSON object whose members have not been looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Take a value as an object that has all `required` members, maybe `optional` ones, and no others.
 *
 * @throws DataError that names the member.
 */
export function exactFields(
  who: string,
  what: string,
  value: unknown,
  required: readonly string[],
  optional: readonly string[] = [],
): Fields {
  const fields = asFields(who, what, value);
  for (const name of required)
    if (!Object.hasOwn(fields, name)) throw new DataError(`${who}: missing field ${what}.${name}`);
  for (const name of Object.keys(fields))
    if (!required.includes(name) && !optional.includes(name))
      throw new DataError(
        `${who}: unknown field ${what}.${name}: expected only ${[...required, ...optional].join(", ") || "none"}`,
      );
  return fields;
}

/** @throws DataError unless `value` is a JSON object. */
export function asFields(who: string, what: string, value: unknown): Fields {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new DataError(`${who}: invalid ${what}: expected an object, got ${brief(value)}`);
  return value as Fields;
}

/** @throws DataError unless `value` is an array. */
export function asArray(who: string, what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new DataError(`${who}: invalid ${what}: expected an array, got ${brief(value)}`);
  return value;
}

/** @throws DataError unless `value` is a string. */
export function asText(who: string, what: string, value: unknown): string {
  if (typeof value !== "string") throw new DataError(`${who}: invalid ${what}: expected a string, got ${brief(value)}`);
  return value;
}

/** @throws DataError unless `value` is exactly `expected`. */
export function mustBe(who: string, what: string, value: unknown, expected: string | boolean): void {
  if (value !== expected)
    throw new DataError(`${who}: invalid ${what}: expected ${JSON.stringify(expected)}, got ${brief(value)}`);
}

/** @throws DataError unless `value` is 64 lower-case hexadecimal digits. */
export function asDigest(who: string, what: string, value: unknown): string {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value))
    throw new DataError(`${who}: invalid ${what}: expected 64 lower-case hexadecimal digits, got ${brief(value)}`);
  return value;
}

/**
 * Decode standard base64 with padding.
 *
 * @throws DataError for any other spelling, so that equal bytes have one text.
 */
export function decodeBase64(who: string, what: string, value: unknown): Uint8Array<ArrayBuffer> {
  const text = asText(who, what, value);
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new DataError(`${who}: invalid ${what}: expected base64, got ${brief(value)}`);
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  if (encodeBase64(bytes) !== text) throw new DataError(`${who}: invalid ${what}: expected canonical base64`);
  return bytes;
}

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 32768) binary += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(binary);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
