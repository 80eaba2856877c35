import type { Summary } from "../metrics/intervals.ts";

/** A fraction as "16.7 %". */
export function percent(value: number, digits = 1): string {
  return `${(100 * value).toFixed(digits)} %`;
}

/** A difference of fractions as "−1.3 points". */
export function points(value: number): string {
  const text = (100 * Math.abs(value)).toFixed(1);
  return `${text === "0.0" ? "" : value < 0 ? "−" : "+"}${text} points`;
}

/** Ends of an interval of rates as "12.1–21.3 %", cut to what a rate can be; undefined where one network says nothing. */
export function rateInterval(summary: Summary): string | undefined {
  if (!Number.isFinite(summary.low)) return undefined;
  const end = (value: number) => (100 * Math.min(1, Math.max(0, value))).toFixed(1);
  return `${end(summary.low)}–${end(summary.high)} %`;
}

/** Mean and deviation as "16.7 ± 2.0 %". */
export function meanAndDeviation(summary: Summary): string {
  const mean = (100 * summary.mean).toFixed(1);
  return summary.sd === undefined ? `${mean} %` : `${mean} ± ${(100 * summary.sd).toFixed(1)} %`;
}

/** A count as "10 000", with spaces that do not break. */
export function counted(n: number): string {
  return String(n).replace(/(?<=\d)(?=(\d{3})+$)/g, n >= 1e4 ? "\u202f" : "");
}

/** Seconds as "0.8 s", "42 s" or "3 min 20 s". */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  return s < 120 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

/** A number with up to four digits after the point, and a true minus. */
export function plain(value: number): string {
  return String(Math.round(value * 1e4) / 1e4).replace("-", "−");
}
