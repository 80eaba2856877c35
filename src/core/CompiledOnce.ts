import { type Closable, closeAll, Holder } from "./closable.ts";

/** Compiled programs by what they were made for: each is made when it is first asked for. */
export class CompiledOnce<K extends readonly (string | number)[], P extends Closable> extends Holder {
  private readonly make: (...of: K) => Promise<P>;
  private readonly made = new Map<string, Promise<P>>();

  constructor(make: (...of: K) => Promise<P>) {
    super();
    this.make = make;
  }

  get(...of: K): Promise<P> {
    const name = of.join(" ");
    const program = this.made.get(name) ?? this.make(...of);
    this.made.set(name, program);
    return program;
  }

  async close(): Promise<void> {
    const all = [...this.made.values()];
    this.made.clear();
    await closeAll(all);
  }
}
