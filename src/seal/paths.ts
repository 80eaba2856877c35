import { DataError } from "../core/errors.ts";

/**
 * Compare two "/"-separated paths component by component, in Unicode code points.
 *
 * `0/1.png` comes before `0-1.png`, which whole-string order would turn around; a character beyond U+FFFF comes after
 * U+FFFD, which UTF-16 order would turn around.
 */
export function comparePaths(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareCodePoints(left[i], right[i]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above every other 16-bit unit.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/**
 * Refuse a name that a receiver could not map to exactly one file inside the folder.
 *
 * @throws DataError for absolute names, empty, "." and ".." components, backslashes, control characters and unpaired surrogates.
 */
export function checkName(who: string, name: string): void {
  const reason = unsafeName(name);
  if (reason !== undefined)
    throw new DataError(
      `${who}: invalid name: expected a path inside the folder, got ${JSON.stringify(name)} (${reason})`,
    );
}

function unsafeName(name: string): string | undefined {
  if (name === "") return "empty";
  if (name.length > 4096) return "longer than 4096 characters";
  if (name.includes("\\")) return "backslash";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(name)) return "control character";
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(name)) return "unpaired surrogate";
  for (const part of name.split("/")) {
    if (part === "") return "empty component";
    if (part === "." || part === "..") return `component ${part}`;
  }
  return undefined;
}

/** The form in which names fall together on file systems that ignore case or Unicode normalisation. */
export function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
