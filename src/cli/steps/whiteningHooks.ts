import type { WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import type { Device } from "../../engine/device.ts";
import type { Console } from "../shell/console.ts";
import type { Bar } from "../shell/progress.ts";

/** A bar while whitenings are fitted, which takes a minute or more the first time. @param device default: all of the processor. */
export function whiteningHooks(console: Console, signal: AbortSignal, device?: Device): WhiteningHooks {
  let bar: Bar | undefined;
  return {
    ...(device && { device }),
    signal,
    warn: (message) => console.warn(message),
    onProgress(name, done, total) {
      bar ??= console.progress(`fit the whitening of ${name}`, 100);
      bar.update((100 * done) / total);
      if (done < total) return;
      bar.end();
      bar = undefined;
    },
  };
}
