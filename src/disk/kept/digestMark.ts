import { createHash } from "node:crypto";

/**
 * The digest that a kept file carries of itself: 80 bytes, ` "integrity":"<64 hexadecimal digits>",`, put in as its first JSON member.
 * JSON stays JSON, and safetensors stays safetensors, there as the first entry of the metadata (80 keeps tensors aligned).
 *
 * What is hashed is the owner and the file without the mark. The owner says whose file this is (run and name), so that a whole file
 * in another one's place does not pass.
 */
const before = ' "integrity":"';
const markBytes = before.length + 64 + 2;
const opening = '{"__metadata__":{';

/** What a kept file turned out to be. `unmarked`: carries no digest at all, as files of older versions. */
export type Marked =
  | { readonly kind: "whole"; readonly content: Uint8Array<ArrayBuffer> }
  | { readonly kind: "unmarked" }
  | { readonly kind: "damaged"; readonly fault: string };

/**
 * Put the digest into a JSON object or a safetensors file with metadata.
 *
 * @throws TypeError for anything else.
 */
export function addMark(content: Uint8Array, owner: string): Uint8Array<ArrayBuffer> {
  const at = markPlace(content);
  if (at === undefined) throw new TypeError("addMark: expected a JSON object or safetensors with metadata");
  const rest = content.subarray(at);
  const last = isEmptyObject(rest) ? " " : ",";
  const mark = new TextEncoder().encode(`${before}${digestOf(content, owner)}"${last}`);
  const out = new Uint8Array(content.length + markBytes);
  out.set(content.subarray(0, at));
  out.set(mark, at);
  out.set(rest, at + markBytes);
  if (at > 1) shiftHeader(out, markBytes);
  return out;
}

/** Take the digest out again and compare. */
export function readMark(bytes: Uint8Array, owner: string): Marked {
  if (bytes.length === 0) return { kind: "damaged", fault: "an empty file" };
  const at = markPlace(bytes);
  if (at === undefined) return { kind: "damaged", fault: "a file that does not begin as it was written" };
  const mark = new TextDecoder("latin1").decode(bytes.subarray(at, at + markBytes));
  const found = /^ "integrity":"([0-9a-f]{64})"[, ]$/.exec(mark);
  if (!found) return resembles(mark) ? { kind: "damaged", fault: "a broken digest" } : { kind: "unmarked" };
  const content = new Uint8Array(bytes.length - markBytes);
  content.set(bytes.subarray(0, at));
  content.set(bytes.subarray(at + markBytes), at);
  if (at > 1) shiftHeader(content, -markBytes);
  if (digestOf(content, owner) === found[1] && mark.endsWith(isEmptyObject(content.subarray(at)) ? " " : ","))
    return { kind: "whole", content };
  return { kind: "damaged", fault: "another content, or the file of another one" };
}

/** Where the mark belongs: after the first brace of JSON, after that of the metadata of safetensors. */
function markPlace(bytes: Uint8Array): number | undefined {
  if (bytes[0] === 0x7b) return 1;
  const head = new TextDecoder("latin1").decode(bytes.subarray(8, 8 + opening.length));
  return head === opening ? 8 + opening.length : undefined;
}

/** Half of a mark's fixed part is more than chance: the mark itself was hit. */
function resembles(mark: string): boolean {
  return [...before].filter((letter, i) => mark[i] === letter).length > before.length / 2;
}

function isEmptyObject(rest: Uint8Array): boolean {
  return rest.length < 16 && new TextDecoder("latin1").decode(rest).trim() === "}";
}

/** The first eight bytes of safetensors are the length of its header. */
function shiftHeader(bytes: Uint8Array<ArrayBuffer>, by: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  view.setBigUint64(0, BigInt.asUintN(64, view.getBigUint64(0, true) + BigInt(by)), true);
}

function digestOf(content: Uint8Array, owner: string): string {
  return createHash("sha256").update(`${owner}\0`).update(content).digest("hex");
}
