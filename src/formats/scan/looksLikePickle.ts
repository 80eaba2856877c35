import { DataError } from "../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import { isKnownModule } from "../pickle/judgeGlobal.ts";
import { decodePickleText, latin1, type Op, readOp } from "../pickle/opcodes.ts";
import { plainValue } from "../pickle/plainValue.ts";

/** Chosen: a file that has kept the rules for so long is a pickle. */
const enough = 2000;

/** What an opcode takes from the stack and gives back, where its marks and names do not matter. */
const effects: Readonly<Record<string, readonly [takes: number, gives: number]>> = {
  ...{
    BINPERSID: [1, 1],
    PERSID: [0, 1],
    APPEND: [2, 1],
    SETITEM: [3, 1],
    TUPLE1: [1, 1],
    TUPLE2: [2, 1],
    TUPLE3: [3, 1],
  },
  ...{
    POP: [1, 0],
    DUP: [1, 2],
    READONLY_BUFFER: [1, 1],
    NEXT_BUFFER: [0, 1],
    MEMOIZE: [1, 1],
    PROTO: [0, 0],
    FRAME: [0, 0],
  },
  ...{ PUT: [1, 1], BINPUT: [1, 1], LONG_BINPUT: [1, 1], GET: [0, 1], BINGET: [0, 1], LONG_BINGET: [0, 1] },
};
/** Opcodes that make Python import or call something. */
const acts: Readonly<Record<string, readonly [takes: number, gives: number]>> = {
  ...{ REDUCE: [2, 1], NEWOBJ: [2, 1], NEWOBJ_EX: [3, 1], BUILD: [2, 1], STACK_GLOBAL: [2, 1] },
  ...{ EXT1: [0, 1], EXT2: [0, 1], EXT4: [0, 1] },
};
/** What they leave of the values above the last mark: nothing, or one. */
const marked: Readonly<Record<string, 0 | 1>> = {
  ...{ TUPLE: 1, LIST: 1, DICT: 1, FROZENSET: 1, OBJ: 1, INST: 1, APPENDS: 0, SETITEMS: 0, ADDITEMS: 0, POP_MARK: 0 },
};
const identifier = /^[A-Za-z_][\w.]*$/;

/**
 * Would Python take these bytes for a pickle, whatever the file is called? Protocols 0 and 1 have no marker, so the opcodes are
 * followed: to a STOP with a value on the stack, or to an import or call that Python would have carried out before it stumbled.
 */
export function looksLikePickle(bytes: Uint8Array<ArrayBuffer>): boolean {
  const cursor = new Cursor(bytes, "pickle");
  const follower = new Follower();
  let start = 0;
  try {
    for (let steps = 0; cursor.left > 0; steps++) {
      if (steps > enough) return true;
      start = cursor.position;
      const op = readOp(cursor, "pickle");
      if (op.name === "STOP") return follower.height > 0 || follower.acted;
      if (!follower.step(op)) return follower.acted;
    }
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    if (follower.cut(bytes.subarray(start))) return true;
  }
  return follower.acted;
}

/** Follows how high the stack is, and whether something was imported or called. */
class Follower {
  height = 0;
  acted = false;
  private marker = false;
  private readonly heights: number[] = [];

  /** @returns false where Python would stop with an error. */
  step(op: Op): boolean {
    if (op.name === "PROTO") {
      this.marker ||= op.number <= 5;
      return op.number <= 5;
    }
    if (op.name === "MARK") this.heights.push(this.height);
    else if (op.name === "GLOBAL" || op.name === "INST") return this.imports(op);
    else if (op.name in marked) return this.toMark(op);
    else return this.change(op);
    return true;
  }

  /** A GLOBAL or INST that the end of the file cuts: Python takes what is there for its lines, and imports. */
  cut(rest: Uint8Array): boolean {
    if (rest[0] !== 99 && rest[0] !== 105) return false;
    const [module] = latin1(rest.subarray(1, 1024)).split("\n");
    return this.marker || isKnownModule(module);
  }

  /**
   * A module that is on every machine is imported before anything else can go wrong. Another one must have a plain name, as its member
   * must, and be called to count; behind a protocol marker every name counts.
   */
  private imports(op: Op): boolean {
    const [module, name] = [decodePickleText(op.bytes) ?? "", decodePickleText(op.second) ?? ""];
    if (this.marker || (identifier.test(module) && isKnownModule(module))) this.acted = true;
    if (!identifier.test(module) || !identifier.test(name)) return false;
    if (op.name === "INST") {
      this.acted ||= this.heights.length > 0;
      return this.toMark(op);
    }
    this.height++;
    return true;
  }

  private toMark(op: Op): boolean {
    const mark = this.heights.pop();
    if (mark === undefined) return false;
    this.acted ||= op.name === "OBJ" && this.height > mark;
    this.height = mark + marked[op.name];
    return this.height > 0 || op.name === "POP_MARK";
  }

  private change(op: Op): boolean {
    const [takes, gives] = effects[op.name] ?? acts[op.name] ?? [0, plainValue(op) === undefined ? Number.NaN : 1];
    if (Number.isNaN(gives)) return false;
    if ((op.name === "GET" || op.name === "PUT") && !/^[\s\d_+]+$/.test(latin1(op.bytes))) return false;
    if (op.name === "POP" && this.heights.at(-1) === this.height) return this.heights.pop() !== undefined;
    if (this.height - takes < (this.heights.at(-1) ?? 0)) return false;
    this.acted ||= op.name in acts;
    this.height += gives - takes;
    return true;
  }
}
