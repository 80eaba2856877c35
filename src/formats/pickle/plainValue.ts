import { decodeLong, decodePickleText, latin1, type Op } from "./opcodes.ts";
import { PickleFault } from "./PickleFault.ts";
import { textFloat, textInt, textLong, textSlot, unescape16, unquote } from "./textArguments.ts";
import type { PickleValue } from "./values.ts";

/** The value that an opcode of plain data pushes, undefined for every other opcode. @throws PickleFault on a malformed one. */
export function plainValue(op: Op): PickleValue | undefined {
  switch (op.name) {
    case "NONE":
      return null;
    case "NEWTRUE":
    case "NEWFALSE":
      return op.name === "NEWTRUE";
    case "BININT":
    case "BININT1":
    case "BININT2":
    case "BINFLOAT":
      return op.number;
    case "LONG1":
    case "LONG4":
      return decodeLong(op.bytes);
    case "INT":
      return given(op, textInt(latin1(op.bytes)));
    case "LONG":
      return given(op, textLong(latin1(op.bytes)));
    case "FLOAT":
      return given(op, textFloat(latin1(op.bytes)));
    case "BINUNICODE":
    case "SHORT_BINUNICODE":
    case "BINUNICODE8":
      return textOf(op);
    case "UNICODE":
      return unescape16(latin1(op.bytes));
    case "STRING":
      return bytesOf(given(op, unquote(latin1(op.bytes))));
    case "SHORT_BINSTRING":
    case "BINSTRING":
    case "BINBYTES":
    case "SHORT_BINBYTES":
    case "BINBYTES8":
    case "BYTEARRAY8":
      return { kind: "bytes", bytes: op.bytes };
    case "EMPTY_TUPLE":
      return { kind: "tuple", items: [] };
    case "EMPTY_LIST":
      return { kind: "list", items: [] };
    case "EMPTY_DICT":
      return { kind: "dict", entries: new Map(), ordered: false };
    case "EMPTY_SET":
      return { kind: "set" };
    default:
      return undefined;
  }
}

/** The memo slot of a GET or PUT of any protocol. */
export function slotOf(op: Op): number {
  return op.name === "GET" || op.name === "PUT" ? given(op, textSlot(latin1(op.bytes))) : op.number;
}

function given<T>(op: Op, value: T | undefined): T {
  if (value === undefined)
    throw new PickleFault("pickle-text", `invalid ${op.name}: expected its text form, got another`, op.offset);
  return value;
}

function textOf(op: Op): string {
  const text = decodePickleText(op.bytes);
  if (text === undefined) throw new PickleFault("pickle-text", "invalid text: expected UTF-8", op.offset);
  return text;
}

function bytesOf(text: string): PickleValue {
  return { kind: "bytes", bytes: Uint8Array.from(text, (char) => char.charCodeAt(0)) };
}
