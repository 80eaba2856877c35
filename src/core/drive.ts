/** What a caller may want of long work. */
export interface Drive<P> {
  /** Ends the work at its next report. */
  readonly signal?: AbortSignal;
  /** Told how far the work is, and waited for. What it throws ends the work. */
  readonly onProgress?: (progress: P) => void | Promise<void>;
}

/**
 * Run a generator of progress to its end, and close it however that comes: finished, stopped, or by an error.
 *
 * @returns what the generator returns.
 * @throws the signal's reason once it is aborted.
 * @example
 * const { set } = await drive(attacks.badNets.run(clean, options, context), { signal, onProgress: console.log });
 */
export async function drive<P, R>(steps: AsyncGenerator<P, R>, { signal, onProgress }: Drive<P> = {}): Promise<R> {
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await steps.next();
      if (next.done) return next.value;
      await onProgress?.(next.value);
    }
  } finally {
    await steps.return(undefined as never);
  }
}

/** Tell the progress of a part of one's work as one's own, and close the part however that ends. */
export async function* within<P, Q, R>(part: AsyncGenerator<P, R>, tell: (progress: P) => Q): AsyncGenerator<Q, R> {
  try {
    for (;;) {
      const next = await part.next();
      if (next.done) return next.value;
      yield tell(next.value);
    }
  } finally {
    await part.return(undefined as never);
  }
}
