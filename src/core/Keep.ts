import type { Checkpoint } from "./checkpoint.ts";

/**
 * Where things that are costly to make, and follow from their names alone, are kept between runs: networks trained on raw data.
 * What is lost is made again, with the same bytes.
 */
export interface Keep {
  /** @returns what was saved under this name, or undefined. */
  load(name: string): Promise<Checkpoint | undefined>;
  save(name: string, content: Checkpoint): Promise<void>;
}
