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
  return `${bareMeanAndDeviation(summary)} %`;
}

/** The same without a unit, and with a true minus for differences: "−1.3 ± 0.4", for tables that name the unit once. */
export function bareMeanAndDeviation({ mean, sd }: Pick<Summary, "mean" | "sd">): string {
  return sd === undefined ? bare(mean) : `${bare(mean)} ± ${bare(sd)}`;
}

/** A fraction in per cent without a unit: "16.7", "−1.3". */
export function bare(value: number): string {
  return (100 * value)
    .toFixed(1)
    .replace(/^-0\.0$/, "0.0")
    .replace("-", "−");
}

/** A p-value as "0.012", or "< 0.001". */
export function pValue(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** A count as "10 000", with spaces that do not break. */
export function counted(n: number): string {
  return String(n).replace(/(?<=\d)(?=(\d{3})+$)/g, n >= 1e4 ? "\u202f" : "");
}

/** Seconds as "0.8 s", "42 s", "3 min 20 s" or "5 h 2 min". */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min ${s % 60} s`;
  const minutes = Math.round(s / 60);
  return `${counted(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** A number with up to four digits after the point, and a true minus. */
export function plain(value: number): string {
  return String(Math.round(value * 1e4) / 1e4).replace("-", "−");
}
