/** Something that holds memory outside JavaScript's own until it is closed: `await using`, or `close()`. */
export interface Closable extends AsyncDisposable {
  /** Free what is held. Closing twice does nothing more. */
  close(): Promise<void>;
}

/** Make a closable of a function that frees. */
export const closable = (close: () => Promise<void>): Closable => ({ close, [Symbol.asyncDispose]: close });

/** A closable of its own kind: closing closes these too. */
export abstract class Holder implements Closable {
  abstract close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export type Held = Pick<Closable, "close">;

/**
 * Close all, also those that are still being made; what could not be made has nothing to close. One that fails to close
 * does not keep the others open.
 *
 * @throws the first error of closing.
 */
export async function closeAll(all: Iterable<Held | Promise<Held>>): Promise<void> {
  const errors: unknown[] = [];
  for (const one of all) {
    const made = await Promise.resolve(one).catch(() => undefined);
    await made?.close().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

/** Closes all that it was given to hold, the last first, however the block that it stands in is left: `await using scope = new Scope()`. */
export class Scope extends Holder {
  private held: Held[] = [];

  hold<T extends Held>(one: T): T {
    this.held.push(one);
    return one;
  }

  async close(): Promise<void> {
    const all = this.held.reverse();
    this.held = [];
    await closeAll(all);
  }
}
