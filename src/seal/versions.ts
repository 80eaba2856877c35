/**
 * Compare versions: numbers between dots as numbers, the rest as text; a pre-release (`1.0.0-rc1`) before its release.
 *
 * @returns negative if `a` is older.
 */
export function compareVersions(a: string, b: string): number {
  const [mainA, preA] = cut(a);
  const [mainB, preB] = cut(b);
  const order = compareParts(mainA.split("."), mainB.split("."));
  if (order !== 0) return order;
  if (preA === undefined || preB === undefined) return preA === preB ? 0 : preA === undefined ? 1 : -1;
  return compareParts(preA.split("."), preB.split("."));
}

function cut(version: string): [string, string | undefined] {
  const bare = version
    .trim()
    .replace(/^v(?=\d)/, "")
    .replace(/\+.*$/, "");
  const dash = bare.indexOf("-");
  // A date such as 2026-05-04 is no pre-release.
  if (dash < 0 || /^\d+(-\d+)+$/.test(bare)) return [bare.replace(/-/g, "."), undefined];
  return [bare.slice(0, dash), bare.slice(dash + 1)];
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i] ?? "0";
    const y = b[i] ?? "0";
    if (x === y) continue;
    const bothNumbers = /^\d+$/.test(x) && /^\d+$/.test(y);
    const order = bothNumbers ? Number(x) - Number(y) : x < y ? -1 : 1;
    if (order !== 0) return order;
  }
  return 0;
}
