import { DataError } from "../../../core/errors.ts";
import { Cursor } from "../Cursor.ts";
import { isKnownModule } from "../pickle/judgeGlobal.ts";
import { decodeText, type Op, readOp } from "../pickle/opcodes.ts";
import { PickleFault } from "../pickle/PickleFault.ts";
import { plainValue, slotOf } from "../pickle/plainValue.ts";

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
  ...{ GLOBAL: [0, 1], EXT1: [0, 1], EXT2: [0, 1], EXT4: [0, 1] },
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
  const heights: number[] = [];
  let height = 0;
  let acted = false;
  try {
    for (let steps = 0; cursor.left > 0; steps++) {
      if (steps > enough) return true;
      const op = readOp(cursor, "pickle");
      if (op.name === "PROTO" && op.number > 5) return acted;
      if (op.name === "STOP") return height > 0 || acted;
      if (op.name === "MARK") heights.push(height);
      else if (op.name in marked) {
        const mark = heights.pop();
        if (mark === undefined) return acted;
        acted ||= (op.name === "OBJ" && height > mark) || (op.name === "INST" && names(op));
        height = mark + marked[op.name];
        if (height === 0 && op.name !== "POP_MARK") return acted;
      } else {
        const [takes, gives] = effects[op.name] ?? acts[op.name] ?? [0, plainValue(op) === undefined ? Number.NaN : 1];
        if (Number.isNaN(gives)) return acted;
        if (op.name === "GLOBAL" && !names(op)) return acted;
        if (op.name === "GET" || op.name === "PUT") slotOf(op);
        if (height - takes < (heights.at(-1) ?? 0) && op.name !== "POP") return acted;
        if (op.name === "GLOBAL" ? imports(op) : op.name in acts) acted = true;
        height = Math.max(0, height + gives - takes);
      }
    }
  } catch (error) {
    if (!(error instanceof DataError) && !(error instanceof PickleFault)) throw error;
  }
  return acted;
}

function names(op: Op): boolean {
  return identifier.test(decodeText(op.bytes) ?? "") && identifier.test(decodeText(op.second) ?? "");
}

/** A module that is on every machine is imported before anything else can go wrong; others must be called to count. */
function imports(op: Op): boolean {
  return isKnownModule(decodeText(op.bytes) ?? "");
}
