import { cellsOf } from "../cells.ts";
import { parts } from "../parts.ts";
import type { SweepData } from "../sweepData.ts";
import { choose, formatView, isFilter, parseView, type View } from "../view.ts";

/** Milliseconds. Chosen: shorter than one waits, longer than between two letters. */
const typingPause = 150;

/** Milliseconds after which the first paint is not waited for. Chosen: longer than it takes. */
const unpainted = 500;

/**
 * Make the page answer: every element with data-name is a choice, which changes the view and draws the parts again.
 *
 * The page is readable as it came; this runs after it was painted. Choices are kept in the address after "#".
 */
export function live(page: Document, window: Window): void {
  const data = JSON.parse(page.getElementById("data")?.textContent ?? "") as SweepData;
  let started = false;
  const once = () => {
    if (started) return;
    started = true;
    start(data, page, window);
  };
  // After the first paint, because computing takes a moment where there are thousands of trials.
  window.requestAnimationFrame(() => window.setTimeout(once));
  // A page that nobody looks at, in a tab behind others, is not painted.
  window.setTimeout(once, unpainted);
}

function start(data: SweepData, page: Document, window: Window): void {
  const sweep = { data, cells: cellsOf(data) };
  let view: View = parseView(data, window.location.hash);

  const draw = (names: readonly string[]) => {
    const key = page.activeElement?.getAttribute("data-key");
    for (const name of names) {
      const place = page.getElementById(name);
      // Markup of parts.ts: every text in it has been escaped.
      if (place) place.innerHTML = parts[name].render(sweep, view, true).markup;
    }
    if (!key || page.activeElement?.getAttribute("data-key") === key) return;
    for (const element of page.querySelectorAll<HTMLElement>("[data-key]"))
      if (element.getAttribute("data-key") === key) element.focus();
  };
  const apply = (name: string, value: string) => {
    const next = choose(data, view, name, value);
    if (next === view) return;
    view = next;
    window.history.replaceState(null, "", `#${formatView(data, view)}`);
    // The filters keep what is being typed into them.
    draw(Object.keys(parts).filter((id) => (isFilter(name) ? id !== "filters" : parts[id].own.includes(name))));
  };
  let waiting = 0;
  const chosen = (event: Event, events: string) => {
    const element = (event.target as Element).closest<HTMLInputElement>("[data-name]");
    const kind = element?.tagName === "BUTTON" ? "click" : element?.tagName === "SELECT" ? "change" : "input";
    if (!element || kind !== events) return;
    const name = element.getAttribute("data-name") ?? "";
    if (kind !== "input") return apply(name, element.getAttribute("data-value") ?? element.value);
    // Typing is answered when it pauses.
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => apply(name, element.value), typingPause);
  };
  for (const kind of ["click", "change", "input"]) page.addEventListener(kind, (event) => chosen(event, kind));
  window.addEventListener("hashchange", () => {
    view = parseView(data, window.location.hash);
    draw(Object.keys(parts));
  });
  draw(Object.keys(parts));
}
