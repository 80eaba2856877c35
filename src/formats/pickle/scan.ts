import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import type { Finding } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { judgeGlobal } from "./judgeGlobal.ts";
import { decodePickleText, latin1, type Op, readOp } from "./opcodes.ts";
import { maxName, textSlot, unescape16, unquote } from "./textArguments.ts";

/** What reading every opcode of a file, and running none, tells about it. */
export interface PickleScan {
  /** Full names in order of first mention, allowed ones included. */
  readonly globals: readonly string[];
  /** Empty, or the reasons for which the file must not be unpickled anywhere. */
  readonly findings: readonly Finding[];
  /** Where each pickle ends (the byte after its STOP), as positions in the file. */
  readonly ends: readonly number[];
}

export interface ScanOptions {
  readonly base?: number;
  readonly count?: number;
  readonly tail?: boolean;
  readonly marker?: "needed" | "optional";
}

/** Chosen: the longest genuine ones (CIFAR-100 with file names) have 2·10⁵. */
export const maxOpcodes = 10_000_000;

/**
 * List every global a row of pickles names, without running anything; goes on after things the machine would refuse, so that
 * the list is complete as far as the bytes can be read.
 *
 * A stack of texts is followed through marks and memo, because STACK_GLOBAL takes its names from there; whatever is computed is shown
 * as "<computed>".
 *
 * @param options.marker protocols 0 and 1 have no protocol marker: "optional" where they are read.
 * @param options.count pickles that belong there (default 1); what follows the last one's STOP is a finding and scanned too, unless
 * `options.tail` says that other data belongs there.
 */
export function scanPickle(
  bytes: Uint8Array<ArrayBuffer>,
  budget: Budget,
  { base = 0, count = 1, tail = false, marker = "needed" }: ScanOptions = {},
): PickleScan {
  const cursor = new Cursor(bytes, "pickle", base);
  const tracker = new Tracker();
  const findings: Finding[] = [];
  const ends: number[] = [];
  const find = (rule: string, message: string, offset: number) => {
    if (findings.length < 100) findings.push({ severity: "unsafe", rule, message, offset });
  };
  let atStart = true;
  let opStart = 0;
  try {
    for (let steps = 0; cursor.left > 0; steps++) {
      if (steps % 4096 === 4095) budget.charge(4096 * 64, "pickle", "values", cursor.offset);
      if (steps >= maxOpcodes)
        throw new DataError(`pickle: invalid length: expected at most ${maxOpcodes} opcodes`, cursor.offset);
      if (atStart && ends.length === count && tail) break;
      if (atStart && ends.length === count)
        find("pickle-after-stop", `${cursor.left} bytes follow the end of the pickle`, cursor.offset);
      opStart = cursor.position;
      const op = readOp(cursor, "pickle");
      if (op.name === "PROTO" && !atStart) find("pickle-proto", "a second protocol marker", op.offset);
      if (op.name !== "PROTO" && atStart && marker === "needed")
        find("pickle-proto", "does not begin with a protocol marker", op.offset);
      atStart = op.name === "STOP";
      if (atStart) {
        ends.push(cursor.offset);
        tracker.clear();
      } else tracker.step(op);
    }
    if (!atStart || ends.length < count)
      find("pickle-cut", "ends before STOP: what follows elsewhere is unknown", cursor.offset);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    find("pickle-unreadable", error.message, error.offset ?? cursor.offset);
    tracker.cutGlobal(bytes.subarray(opStart), base + opStart);
  }
  const named = [...tracker.named.values()];
  const judged = named.map((mention) => ({ ...mention, verdict: judgeGlobal(mention.module, mention.name) }));
  const accused = (["dangerous", "unknown"] as const).flatMap((severity) =>
    judged
      .filter(({ verdict }) => verdict === severity)
      .map(({ module, name, offset }) => ({
        severity,
        rule: rules[severity],
        message: says(severity, fullName(module, name)),
        offset,
      })),
  );
  return {
    globals: named.map(({ module, name }) => fullName(module, name)),
    findings: [...accused, ...findings],
    ends,
  };
}

const rules = { dangerous: "pickle-global", unknown: "pickle-unknown-global" } as const;

function says(severity: keyof typeof rules, name: string): string {
  return severity === "dangerous"
    ? `names ${name}, which unpickling would import and could call`
    : `names ${name}, which unpickling would import; it looks like data or a class of somebody's program, and what making it does is not known here`;
}

function fullName(module: string, name: string): string {
  const text = `${module}.${name}`;
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

const mark = Symbol("mark");
type Slot = string | undefined | typeof mark;
const computed = "<computed>";

/** Opcodes by how many values they take and give; those with rules of their own are missing. */
const effects: Readonly<Record<string, readonly [takes: number, gives: 0 | 1]>> = {
  BINPERSID: [1, 1],
  REDUCE: [2, 1],
  NEWOBJ: [2, 1],
  NEWOBJ_EX: [3, 1],
  BUILD: [2, 1],
  APPEND: [2, 1],
  SETITEM: [3, 1],
  TUPLE1: [1, 1],
  TUPLE2: [2, 1],
  TUPLE3: [3, 1],
  POP: [1, 0],
  READONLY_BUFFER: [1, 1],
  PROTO: [0, 0],
  FRAME: [0, 0],
};

/** Follows texts through the stack and the memo of a pickle. */
class Tracker {
  /** By module and name. */
  readonly named = new Map<string, { module: string; name: string; offset: number }>();
  private stack: Slot[] = [];
  private memo = new Map<number, Slot>();
  private distrusted = false;

  /** Each pickle of a row is read with an empty stack and memo. */
  clear(): void {
    this.stack = [];
    this.memo = new Map();
    this.distrusted = false;
  }

  step(op: Op): void {
    const { stack, memo } = this;
    const effect = effects[op.name];
    if (effect) {
      for (let i = 0; i < effect[0]; i++) stack.pop();
      if (effect[1]) stack.push(undefined);
      return;
    }
    switch (op.name) {
      case "MARK":
        stack.push(mark);
        break;
      case "STRING":
        stack.push(op.bytes.length > maxName ? undefined : unquote(latin1(op.bytes)));
        break;
      case "UNICODE":
        stack.push(op.bytes.length > maxName ? undefined : unescape16(latin1(op.bytes)));
        break;
      case "BINUNICODE":
      case "SHORT_BINUNICODE":
      case "BINUNICODE8":
      case "BINSTRING":
      case "SHORT_BINSTRING":
        stack.push(op.bytes.length > maxName ? undefined : show(op.bytes));
        break;
      case "GLOBAL":
        this.add(show(op.bytes), show(op.second), op.offset);
        stack.push(undefined);
        break;
      case "INST":
        this.add(show(op.bytes), show(op.second), op.offset);
        this.toMark();
        stack.push(undefined);
        break;
      case "STACK_GLOBAL": {
        const name = stack.pop();
        const module = stack.pop();
        this.add(typeof module === "string" ? module : computed, typeof name === "string" ? name : computed, op.offset);
        stack.push(undefined);
        break;
      }
      case "EXT1":
      case "EXT2":
      case "EXT4":
        this.add("copyreg", `extension(${op.number})`, op.offset);
        stack.push(undefined);
        break;
      case "TUPLE":
      case "LIST":
      case "DICT":
      case "FROZENSET":
      case "OBJ":
        this.toMark();
        stack.push(undefined);
        break;
      case "APPENDS":
      case "SETITEMS":
      case "ADDITEMS":
      case "POP_MARK":
        this.toMark();
        break;
      case "DUP":
        stack.push(stack[stack.length - 1]);
        break;
      case "MEMOIZE":
        memo.set(memo.size, stack[stack.length - 1]);
        break;
      case "PUT":
        memo.set(this.slot(op.bytes), stack[stack.length - 1]);
        break;
      case "BINPUT":
      case "LONG_BINPUT":
        memo.set(op.number, stack[stack.length - 1]);
        break;
      case "GET":
        stack.push(this.recall(this.slot(op.bytes)));
        break;
      case "BINGET":
      case "LONG_BINGET":
        stack.push(this.recall(op.number));
        break;
      default: // numbers, empty containers, bytes, PERSID, NEXT_BUFFER: one value that is no text
        stack.push(undefined);
    }
  }

  /** A slot written as text. Python also takes " 1_0 " for 10; after such a number no slot is believed any more. */
  private slot(bytes: Uint8Array): number {
    const slot = textSlot(latin1(bytes));
    if (slot === undefined) this.distrusted = true;
    return slot ?? Number(latin1(bytes));
  }

  private recall(slot: number): Slot {
    return this.distrusted ? undefined : this.memo.get(slot);
  }

  /**
   * A GLOBAL or INST that the end of the file cuts: CPython takes what is there for a line, less its last byte, and nothing
   * for a missing one, and imports that.
   */
  cutGlobal(rest: Uint8Array, offset: number): void {
    if (rest[0] !== 99 && rest[0] !== 105) return;
    const lines = latin1(rest.subarray(1, 4 * maxName)).split("\n");
    const [module, name = ""] = lines.map((line, i) => (i === lines.length - 1 ? line.slice(0, -1) : line));
    const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
    this.add(show(bytes(module)), show(bytes(name)), offset);
  }

  private toMark(): void {
    while (this.stack.length > 0 && this.stack.pop() !== mark);
  }

  private add(module: string, name: string, offset: number): void {
    const key = `${module}\n${name}`;
    if (!this.named.has(key) && this.named.size < 10_000) this.named.set(key, { module, name, offset });
  }
}

/** Names as Python decodes them; bytes that are no UTF-8 stay visible and never match the allow-list. */
function show(bytes: Uint8Array): string {
  return decodePickleText(bytes) ?? `${latin1(bytes.subarray(0, maxName))} (not UTF-8)`;
}
