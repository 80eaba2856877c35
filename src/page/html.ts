import { escapeHtml } from "../core/escapeHtml.ts";

/** Markup that is safe to put on a page as it is. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

/**
 * Write markup with holes: what is put into a hole is escaped, unless it is `Html` itself. Lists are joined; undefined,
 * null and false leave nothing.
 *
 * Every text on a page comes through here, because class names, file names and settings may be hostile.
 */
export function html(parts: TemplateStringsArray, ...holes: readonly unknown[]): Html {
  return new Html(parts.reduce((text, part, i) => text + fill(holes[i - 1]) + part));
}

function fill(value: unknown): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map(fill).join("");
  return escapeHtml(String(value));
}
