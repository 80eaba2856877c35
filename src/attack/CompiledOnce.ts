/** Compiled programs by what they were made for: each is made when it is first asked for. */
export class CompiledOnce<K extends readonly (string | number)[], P extends { release(): Promise<void> }> {
  private readonly make: (...of: K) => Promise<P>;
  private readonly made = new Map<string, Promise<P>>();

  constructor(make: (...of: K) => Promise<P>) {
    this.make = make;
  }

  get(...of: K): Promise<P> {
    const name = of.join(" ");
    const program = this.made.get(name) ?? this.make(...of);
    this.made.set(name, program);
    return program;
  }

  async release(): Promise<void> {
    for (const program of this.made.values()) await (await program).release();
    this.made.clear();
  }
}
