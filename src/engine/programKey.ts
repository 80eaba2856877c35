import { sha256Hex } from "../core/hash.ts";
import type { Atom, Jaxpr, Program } from "./jaxpr.ts";

/**
 * A digest that programs share exactly if lowering cannot tell them apart; undefined for a program that says something which
 * is not understood here.
 */
export function programKey({ jaxpr, consts }: Program): string | undefined {
  try {
    const arrays = consts.map((data) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return `${data.constructor.name} ${sha256Hex(bytes)}`;
    });
    return sha256Hex(new TextEncoder().encode(`${arrays.join()}\n${textOf(jaxpr)}`));
  } catch (error) {
    if (error === notUnderstood) return undefined;
    throw error;
  }
}

const notUnderstood = new Error("a parameter of another kind");

/** Functions that a program calls again and again are one object. */
const texts = new WeakMap<Jaxpr, string>();

function textOf(jaxpr: Jaxpr): string {
  const known = texts.get(jaxpr);
  if (known !== undefined) return known;
  const numbers = new Map<Atom, number>();
  const bind = (atom: Atom): string => {
    numbers.set(atom, numbers.size);
    return typeOf(atom);
  };
  const read = (atom: Atom): string =>
    atom.value === undefined ? `${numbers.get(atom)}` : `${typeOf(atom)}=${plain(Number(atom.value))}`;
  const lines = [jaxpr.inBinders.map(bind).join()];
  for (const { primitive, inputs, params, outBinders } of jaxpr.eqns)
    lines.push(`${primitive}(${inputs.map(read).join()})${plain(params)}${outBinders.map(bind).join()}`);
  const text = `${lines.join("\n")}\n${jaxpr.outs.map(read).join()}`;
  texts.set(jaxpr, text);
  return text;
}

const typeOf = ({ aval }: Atom): string => `${aval.dtype}[${aval.shape.join(" ")}]`;

/** A value in words, if it is made of numbers, strings, lists, plain objects and programs. */
function plain(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || value === undefined || typeof value === "boolean") return `${value}`;
  if (Array.isArray(value)) return `[${value.map(plain).join()}]`;
  if (isProgram(value)) return `{${textOf(value)}}`;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw notUnderstood;
  return `{${Object.entries(value as object)
    .map(([name, v]) => `${name}:${plain(v)}`)
    .join()}}`;
}

const isProgram = (value: unknown): value is Jaxpr => typeof value === "object" && value !== null && "eqns" in value;
