/**
 * Make a name for a written file from the name of a set, which may come from a hostile file: letters, digits, ".", "-" and "_" stay, no
 * leading dot, at most 100 characters.
 */
export function fileStem(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^\.+/, "");
  return safe.slice(0, 100) || "set";
}
