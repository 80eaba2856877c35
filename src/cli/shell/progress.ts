import type { SingleBar } from "cli-progress";
import { isDumb } from "./colours.ts";
import type { Sink } from "./Sink.ts";

/** A running piece of work as its command reports it. */
export interface Bar {
  /**
   * `done` steps so far; `note` is a short text such as a loss.
   *
   * @param seconds that are left, where somebody knows better than the mean pace so far
   */
  update(done: number, note?: string, seconds?: number): void;
  /** Take the bar away (on a terminal) or close the list of lines (elsewhere). */
  end(): void;
}

// Chosen: work under two seconds shows nothing; without a terminal a line every ten seconds is enough for a log.
const quietSeconds = 2;
const lineSeconds = 10;

/** Make a bar with time to go on a terminal, plain lines elsewhere, nothing without a sink. */
export function progressBar(
  sink: Sink | undefined,
  title: string,
  total?: number,
  now: () => number = () => performance.now() / 1000,
): Bar {
  if (!sink) return { update() {}, end() {} };
  const start = now();
  return sink.isTTY && !isDumb() ? terminalBar(sink, title, total, start, now) : lines(sink, title, total, start, now);
}

function terminalBar(sink: Sink, title: string, total: number | undefined, start: number, now: () => number): Bar {
  let bar: SingleBar | undefined;
  let ended = false;
  let Bars: typeof SingleBar | undefined;
  // Loaded while nothing is shown yet: most calls show no bar.
  void import("cli-progress").then((library) => {
    Bars = library.default.SingleBar;
  });
  return {
    update(done, note = "", seconds) {
      const elapsed = now() - start;
      const payload = { title, left: timeLeft(done, total, elapsed, seconds), note };
      if (bar) bar.update(done, payload);
      else if (Bars && !ended && elapsed >= quietSeconds) {
        bar = new Bars({
          stream: sink as NodeJS.WriteStream,
          format: total === undefined ? "{title} {value} {note}" : "{title} {bar} {percentage}% {left} {note}",
          barCompleteChar: "█",
          barIncompleteChar: "░",
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
          linewrap: false,
        });
        bar.start(total ?? 0, done, payload);
      }
    },
    end() {
      ended = true;
      bar?.stop();
      bar = undefined;
    },
  };
}

function lines(sink: Sink, title: string, total: number | undefined, start: number, now: () => number): Bar {
  let last = start;
  let next = quietSeconds;
  return {
    update(done, note = "", seconds) {
      const time = now();
      if (time - last < next) return;
      last = time;
      next = lineSeconds;
      const whole = Math.floor(done);
      const share = total === undefined ? `${whole}` : `${Math.floor((100 * done) / total)}% (${whole}/${total})`;
      sink.write(
        `${[`${title}: ${share}`, timeLeft(done, total, time - start, seconds), note].filter(Boolean).join(", ")}\n`,
      );
    },
    end() {},
  };
}

/** "1:05 left": what is known, or from the mean pace so far. */
export function timeLeft(done: number, total: number | undefined, elapsed: number, seconds?: number): string {
  if (seconds !== undefined) return `${clock(seconds)} left`;
  if (total === undefined || done <= 0) return "";
  return `${clock((elapsed / done) * (total - done))} left`;
}

/** Seconds as m:ss or h:mm:ss. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}
