import type { Checkpoint } from "../core/checkpoint.ts";
import type { Keep } from "../core/Keep.ts";
import type { Floats } from "../nn/Network.ts";

/** What stands in JSON for an array, and for a number that JSON does not have. */
type Placeholder = { readonly $array: string } | { readonly $number: string };

/**
 * What an audit has finished, by name: made once, kept, and read back with the same bytes.
 *
 * An array that two values share is one array after reading too: detectors tell masks apart by identity. Values are asked for in the
 * same order in every process, so that arrays have the same names.
 */
export class Finished {
  private readonly keep: Keep | undefined;
  private readonly prefix: string;
  private readonly names = new Map<Floats, string>();
  private readonly arrays = new Map<string, Floats>();

  /** @param prefix tells this audit from all others */
  constructor(keep: Keep | undefined, prefix: string) {
    this.keep = keep;
    this.prefix = prefix;
  }

  /** The value of a name: as it was kept, or made and kept. Plain objects, numbers, words and float arrays. */
  async get<T>(name: string, make: () => Promise<T>): Promise<T> {
    const full = `${this.prefix}-${name}`;
    const kept = await this.keep?.load(full);
    if (kept) return this.unpacked(kept) as T;
    const value = await make();
    await this.keep?.save(full, this.packed(value));
    return value;
  }

  private packed(value: unknown): Checkpoint {
    const arrays: Record<string, Floats> = {};
    const plain = (v: unknown): unknown => {
      if (v instanceof Float32Array) {
        const name = this.nameOf(v as Floats);
        arrays[name] = v as Floats;
        return { $array: name } satisfies Placeholder;
      }
      if (typeof v === "number" && !isPlain(v)) return { $number: spelled(v) } satisfies Placeholder;
      if (Array.isArray(v)) return v.map(plain);
      if (v === null || typeof v !== "object") return v;
      return Object.fromEntries(Object.entries(v).map(([name, member]) => [name, plain(member)]));
    };
    return { json: { value: plain(value) }, arrays };
  }

  private unpacked({ json, arrays }: Checkpoint): unknown {
    for (const [name, data] of Object.entries(arrays)) if (!this.arrays.has(name)) this.remember(name, data);
    const whole = (v: unknown): unknown => {
      if (Array.isArray(v)) return v.map(whole);
      if (v === null || typeof v !== "object") return v;
      if ("$array" in v) return this.arrays.get(v.$array as string);
      if ("$number" in v) return Number(v.$number);
      return Object.fromEntries(Object.entries(v).map(([name, member]) => [name, whole(member)]));
    };
    return whole(json.value);
  }

  private nameOf(array: Floats): string {
    return this.names.get(array) ?? this.remember(String(this.names.size), array);
  }

  private remember(name: string, array: Floats): string {
    this.names.set(array, name);
    this.arrays.set(name, array);
    return name;
  }
}

const isPlain = (v: number): boolean => Number.isFinite(v) && !Object.is(v, -0);
const spelled = (v: number): string => (Object.is(v, -0) ? "-0" : String(v));
