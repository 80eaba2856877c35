import { Cursor } from "../Cursor.ts";
import type { Budget } from "../limits.ts";
import { applyState, callGlobal, createObject, isAllowed } from "./allowed.ts";
import { decodePickleText, type Op, readOp } from "./opcodes.ts";
import { PickleFault } from "./PickleFault.ts";
import { plainValue, slotOf } from "./plainValue.ts";
import { maxOpcodes } from "./scan.ts";
import { isKind, type PickleDict, type PickleValue, pickleKind, textOf } from "./values.ts";

/**
 * Which opcodes run. `torch`: exactly those of the specification (§2, rule 1). `python`: every opcode of protocols 0 to 5 that
 * describes data; protocols 0 and 1 have no protocol marker.
 */
type Dialect = "torch" | "python";

const protocol4 = new Set(["MEMOIZE", "FRAME", "SHORT_BINUNICODE", "STACK_GLOBAL", "EMPTY_SET"]);
const pythonData = new Set([
  ...["BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "BINUNICODE8", "LONG4"],
  ...["INT", "LONG", "FLOAT", "STRING", "UNICODE", "GET", "PUT", "LIST", "DICT"],
  ...["POP", "POP_MARK", "DUP", "ADDITEMS", "FROZENSET"],
]);

const pythonBytes = new Set(["BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"]);

export interface PickleOptions {
  readonly dialect: Dialect;
  readonly budget: Budget;
  /** Position of the first byte in the file. */
  readonly base?: number;
  /** Resolve a persistent id. Absent: such ids are refused. */
  readonly persistent?: (id: PickleValue, offset: number) => PickleValue;
}

/**
 * Run one pickle on a machine that can only describe: it builds records of `values.ts`, calls nothing but the checked
 * constructors of `allowed.ts`, and knows no way to reach a function of the host.
 *
 * @returns the described value and the position after STOP.
 * @throws PickleFault naming the broken rule.
 */
export function runPickle(bytes: Uint8Array<ArrayBuffer>, options: PickleOptions): { value: PickleValue; end: number } {
  const cursor = new Cursor(bytes, "pickle", options.base ?? 0);
  const machine = new Machine(options);
  for (let steps = 0; ; steps++) {
    if (steps % 4096 === 4095) options.budget.charge(4096 * 64, "pickle", "values", cursor.offset);
    if (steps >= maxOpcodes)
      throw new PickleFault("pickle-length", `invalid length: expected at most ${maxOpcodes} opcodes`, cursor.offset);
    const op = readOp(cursor, "pickle");
    if (op.name === "PROTO" ? steps > 0 : steps === 0 && options.dialect === "torch")
      throw new PickleFault("pickle-proto", "invalid PROTO: expected it first and once", op.offset);
    if (op.name === "STOP") return { value: machine.finish(op), end: cursor.offset };
    machine.step(op);
  }
}

class Machine {
  private readonly options: PickleOptions;
  private readonly stack: PickleValue[] = [];
  /** Stack heights at which MARK stood. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private protocol = 0;

  constructor(options: PickleOptions) {
    this.options = options;
  }

  finish(op: Op): PickleValue {
    if (this.stack.length !== 1 || this.marks.length !== 0)
      throw new PickleFault("pickle-stack", `invalid STOP: expected one value, got ${this.stack.length}`, op.offset);
    return this.stack[0];
  }

  step(op: Op): void {
    const { stack } = this;
    if (protocol4.has(op.name) && this.protocol < 4) throw this.outside(op, "only allowed in protocol 4");
    if (pythonData.has(op.name) && this.options.dialect === "torch") throw this.outside(op, pythonOnly(op.name));
    if (this.data(op)) return;
    switch (op.name) {
      case "PROTO":
        if (op.number < (this.options.dialect === "torch" ? 2 : 0) || op.number > 5)
          throw new PickleFault("pickle-proto", `invalid protocol: expected 2 to 5, got ${op.number}`, op.offset);
        this.protocol = op.number;
        break;
      case "FRAME":
        break;
      case "MARK":
        this.marks.push(stack.length);
        break;
      case "TUPLE":
        stack.push({ kind: "tuple", items: this.popMark(op) });
        break;
      case "TUPLE1":
      case "TUPLE2":
      case "TUPLE3":
        stack.push({ kind: "tuple", items: this.pop(op, Number(op.name[5])) });
        break;
      case "APPEND":
        this.append(op, this.pop(op, 1));
        break;
      case "APPENDS":
        this.append(op, this.popMark(op));
        break;
      case "SETITEM":
        this.setItems(op, this.pop(op, 2));
        break;
      case "SETITEMS":
        this.setItems(op, this.popMark(op));
        break;
      case "LIST":
        stack.push({ kind: "list", items: this.popMark(op) });
        break;
      case "DICT": {
        const items = this.popMark(op);
        stack.push({ kind: "dict", entries: new Map(), ordered: false });
        this.setItems(op, items);
        break;
      }
      case "FROZENSET":
      case "ADDITEMS":
        this.popMark(op);
        if (op.name === "FROZENSET") stack.push({ kind: "set" });
        else if (!isKind(this.top(op), "set"))
          throw new PickleFault(
            "pickle-append",
            `invalid ADDITEMS: expected a set, got ${pickleKind(this.top(op))}`,
            op.offset,
          );
        break;
      case "POP":
        this.popOne(op);
        break;
      case "POP_MARK":
        this.popMark(op);
        break;
      case "DUP":
        stack.push(this.top(op));
        break;
      case "GET":
      case "BINGET":
      case "LONG_BINGET":
        stack.push(this.recall(op, slotOf(op)));
        break;
      case "PUT":
      case "BINPUT":
      case "LONG_BINPUT":
        this.memo.set(slotOf(op), this.top(op));
        break;
      case "MEMOIZE":
        this.memo.set(this.memo.size, this.top(op));
        break;
      case "BINPERSID":
        stack.push(this.persistent(op));
        break;
      case "GLOBAL":
        stack.push(this.global(decodePickleText(op.bytes), decodePickleText(op.second), op));
        break;
      case "STACK_GLOBAL": {
        const [module, name] = this.pop(op, 2);
        stack.push(this.global(textOf(module), textOf(name), op));
        break;
      }
      case "REDUCE": {
        const [callee, args] = this.pop(op, 2);
        stack.push(callGlobal(callee, args, op.offset, this.options.budget));
        break;
      }
      case "NEWOBJ": {
        const [callee, args] = this.pop(op, 2);
        stack.push(createObject(callee, args, op.offset));
        break;
      }
      case "BUILD": {
        const [target, state] = this.pop(op, 2);
        stack.push(applyState(target, state, op.offset, this.options.budget));
        break;
      }
      default:
        throw this.outside(op, "not on the list of allowed opcodes");
    }
  }

  /** Opcodes that push one value of their own. */
  private data(op: Op): boolean {
    const value = plainValue(op);
    if (value !== undefined) this.stack.push(value);
    return value !== undefined;
  }

  /** POP takes a value, or a MARK where that is on top. */
  private popOne(op: Op): void {
    if (this.marks.at(-1) === this.stack.length) this.marks.pop();
    else this.pop(op, 1);
  }

  private outside(op: Op, why: string): PickleFault {
    return new PickleFault("pickle-opcode", `invalid opcode: ${op.name} is ${why}`, op.offset);
  }

  /** Take `count` values, none from below the last MARK. */
  private pop(op: Op, count: number): PickleValue[] {
    const floor = this.marks[this.marks.length - 1] ?? 0;
    if (this.stack.length - count < floor)
      throw new PickleFault(
        "pickle-stack",
        `invalid ${op.name}: expected ${count} values, got ${this.stack.length - floor}`,
        op.offset,
      );
    return this.stack.splice(this.stack.length - count, count);
  }

  private popMark(op: Op): PickleValue[] {
    const height = this.marks.pop();
    if (height === undefined)
      throw new PickleFault("pickle-stack", `invalid ${op.name}: expected a MARK, got none`, op.offset);
    return this.stack.splice(height);
  }

  private top(op: Op): PickleValue {
    const floor = this.marks[this.marks.length - 1] ?? 0;
    if (this.stack.length <= floor)
      throw new PickleFault("pickle-stack", `invalid ${op.name}: expected a value, got none`, op.offset);
    return this.stack[this.stack.length - 1];
  }

  private append(op: Op, items: readonly PickleValue[]): void {
    const target = this.top(op);
    if (!isKind(target, "list"))
      throw new PickleFault(
        "pickle-append",
        `invalid ${op.name}: expected a list, got ${pickleKind(target)}`,
        op.offset,
      );
    for (const item of items) target.items.push(item);
  }

  private setItems(op: Op, items: readonly PickleValue[]): void {
    const target: PickleValue | PickleDict = this.top(op);
    if (!isKind(target, "dict") || items.length % 2 !== 0)
      throw new PickleFault(
        "pickle-setitem",
        `invalid ${op.name}: expected a dictionary and pairs, got ${pickleKind(target)} and ${items.length} values`,
        op.offset,
      );
    for (let i = 0; i < items.length; i += 2) target.entries.set(items[i], items[i + 1]);
  }

  private recall(op: Op, slot: number): PickleValue {
    const value = this.memo.get(slot);
    if (value === undefined)
      throw new PickleFault("pickle-memo", `invalid memo: expected slot ${slot} to be set`, op.offset);
    return value;
  }

  private persistent(op: Op): PickleValue {
    const [id] = this.pop(op, 1);
    if (!this.options.persistent)
      throw new PickleFault("pickle-persistent", "invalid persistent id: expected none in this file", op.offset);
    return this.options.persistent(id, op.offset);
  }

  private global(module: string | undefined, name: string | undefined, op: Op): PickleValue {
    if (module === undefined || name === undefined || !isAllowed(module, name))
      throw new PickleFault(
        "pickle-global",
        `invalid global: expected a name on the allow-list, got ${module ?? "no text"}.${name ?? "no text"}`.slice(
          0,
          300,
        ),
        op.offset,
      );
    return { kind: "global", module, name };
  }
}

/** Opcodes that carry data in other pickles and have no place in a torch file. */
function pythonOnly(name: string): string {
  return pythonBytes.has(name) ? "not allowed in torch files" : "not on the list of allowed opcodes";
}
