/** The last few things that were made, by name; what falls out is freed. */
export class LruCache<T> {
  private readonly limit: number;
  private readonly free: (value: T) => Promise<void>;
  private readonly values = new Map<string, T>();

  constructor(limit: number, free: (value: T) => Promise<void> = async () => {}) {
    this.limit = limit;
    this.free = free;
  }

  async get(name: string, make: () => T | Promise<T>): Promise<T> {
    const value = this.values.get(name) ?? (await make());
    this.values.delete(name);
    this.values.set(name, value);
    const [oldest] = this.values;
    if (this.values.size > this.limit && oldest) {
      this.values.delete(oldest[0]);
      await this.free(oldest[1]);
    }
    return value;
  }

  /** Free all that is left. */
  async clear(): Promise<void> {
    const all = [...this.values.values()];
    this.values.clear();
    for (const value of all) await this.free(value);
  }
}
