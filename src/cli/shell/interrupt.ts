import process from "node:process";

/** Exit status of a call that Ctrl-C ended: 128 + SIGINT. */
export const interrupted = 130;

/**
 * Turn the first Ctrl-C (or a polite kill) into an abort, so that a command can save and leave; a second one ends at once.
 *
 * @param leave called before ending at once.
 * @returns the signal, and a function that takes the handlers away again.
 */
export function listenForInterrupt(
  say: (text: string) => void,
  leave: () => void = () => {},
): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      leave();
      process.exit(interrupted);
    }
    say("stopping after the current step (once more to stop at once)");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    stop() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
