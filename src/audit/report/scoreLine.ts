import { Html, html } from "../../page/html.ts";

const [WIDTH, HEIGHT] = [320, 26];

/** A detector's score on a line, with those of clean sets behind it. */
export function scoreLine(score: number, clean: readonly number[]): Html {
  const most = Math.max(score, ...clean, 1e-9);
  const at = (v: number) => (8 + (Math.max(0, v) / most) * (WIDTH - 16)).toFixed(1);
  const middle = HEIGHT / 2;
  // Dots are numbers of our own: nothing of the set gets in here.
  const dots = clean.map((v) => `<circle class="clean" cx="${at(v)}" cy="${middle}" r="4"/>`).join("");
  const [x, r] = [Number(at(score)), 7];
  const own = `<path class="own" d="M${x} ${middle - r}L${x + r} ${middle}L${x} ${middle + r}L${x - r} ${middle}Z"/>`;
  const label = `score ${score.toFixed(2)}; ${clean.length} clean sets${clean.length > 0 ? ` from ${Math.min(...clean).toFixed(2)} to ${Math.max(...clean).toFixed(2)}` : ""}`;
  return html`<svg class="line" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}"><path class="axis" d="M8 ${middle}H${WIDTH - 8}"/>${new Html(dots + own)}</svg>`;
}
