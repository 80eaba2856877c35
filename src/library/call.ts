import type { Drive } from "../core/drive.ts";
import { type Key, key } from "../core/random.ts";
import { type Device, type DeviceName, device } from "../engine/device.ts";

/** What every function of the library takes besides its own settings. */
export interface Call<P> extends Drive<P> {
  /** Same seed, same bytes: the command line's `--seed`. Default 0. */
  readonly seed?: number;
  /** Where graphs run. Default "cpu". */
  readonly device?: DeviceName | Device;
  /** Threads of one graph; 0, the default, is as many as the machine has. */
  readonly threads?: number;
}

/** The root of a call's randomness, and where it computes. */
export function around<P>({ seed = 0, device: target, threads }: Call<P>): { root: Key; target: Device } {
  return { root: key(seed), target: typeof target === "object" ? target : device(target, threads) };
}
