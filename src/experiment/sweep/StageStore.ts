import { join } from "node:path";
import { DataError } from "../../core/errors.ts";
import { handleDamage, readKept, writeKept } from "../../disk/kept/keptFile.ts";
import { openRun, type Run } from "../../run/Run.ts";
import { secondsOf } from "../../run/Stopwatch.ts";
import type { Versions } from "../../run/versions.ts";
import { locked } from "./stageLock.ts";

/**
 * Results of stages that trials share, each under the hash of all that it depends on, in `cache/` of the sweep's folder. Every file
 * carries a digest bound to its name; damaged ones are said, set aside and made again (kept/keptFile.ts).
 */
export class StageStore {
  private readonly folder: string;
  private readonly versions: Versions;
  private readonly signal: AbortSignal | undefined;

  constructor(folder: string, versions: Versions, signal?: AbortSignal) {
    this.folder = folder;
    this.versions = versions;
    this.signal = signal;
  }

  /**
   * A stage that has its own run folder, because it takes long and goes on where it was stopped. A folder that cannot be
   * continued is set aside and made anew.
   *
   * @param key hash of the stage's content.
   * @param step what the work's stopwatch is called.
   * @param work finds the finished result in the folder, or goes on with it.
   */
  async inRun<T>(
    key: string,
    config: Readonly<Record<string, unknown>>,
    step: "attack" | "distillation" | "audit",
    work: (run: Run) => Promise<T>,
  ): Promise<T & Timed> {
    const folder = join(this.folder, "runs", key);
    const description = { command: "stage", config, data: {}, versions: this.versions };
    const perform = async (): Promise<T & Timed> => {
      const run = await openRun(folder, description);
      const result = await work(run);
      return { ...result, seconds: await secondsOf(run, step) };
    };
    return locked(
      join(this.folder, "locks", key),
      async () => undefined,
      () =>
        perform().catch(async (error: unknown) => {
          if (!(error instanceof DataError)) throw error;
          await handleDamage(folder, `what does not read (${error.message})`, "aside");
          return perform();
        }),
      this.signal,
    );
  }

  /** A stage that keeps its result elsewhere, and finds it there. */
  alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    return locked(join(this.folder, "locks", key), async () => undefined, work, this.signal);
  }

  /** A stage whose result is one file. `decode` gives undefined, or throws a DataError, for a file that is no result. */
  async inFile<T>(
    name: string,
    decode: (bytes: Uint8Array<ArrayBuffer>) => T | undefined | Promise<T | undefined>,
    make: () => Promise<{ value: T; bytes: Uint8Array | string }>,
  ): Promise<T> {
    const path = join(this.folder, name);
    const ready = () => readIfWhole(path, name, decode);
    return (
      (await ready()) ??
      locked(
        join(this.folder, "locks", name.replaceAll("/", "-")),
        ready,
        async () => {
          const { value, bytes } = await make();
          await writeKept(path, bytes, name);
          return value;
        },
        this.signal,
      )
    );
  }

  /** What a file of results says, or undefined. */
  read<T>(name: string, decode: (bytes: Uint8Array<ArrayBuffer>) => T | undefined): Promise<T | undefined> {
    return readIfWhole(join(this.folder, name), name, decode);
  }

  write(name: string, content: Uint8Array | string): Promise<void> {
    return writeKept(join(this.folder, name), content, name);
  }
}

interface Timed {
  readonly seconds: number;
}

async function readIfWhole<T>(
  path: string,
  name: string,
  decode: (bytes: Uint8Array<ArrayBuffer>) => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  const bytes = await readKept(path, name, { damaged: "aside" });
  if (!bytes) return undefined;
  try {
    return await decode(bytes);
  } catch (error) {
    if (!(error instanceof DataError || error instanceof SyntaxError)) throw error;
    await handleDamage(path, `what does not read (${error.message})`, "aside");
    return undefined;
  }
}
