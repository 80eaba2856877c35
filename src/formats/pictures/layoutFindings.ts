import type { Finding } from "../Format.ts";

/** `a.png, b.png, c.png and 4 more`. */
export function someNames(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

/** What a table of labels and the pictures say of each other: pictures without a row, rows without a picture or a label. */
export function tableFindings(
  orphans: readonly string[],
  unused: readonly string[],
  unlabelled: readonly string[] = [],
): Finding[] {
  const findings: Finding[] = [];
  if (unlabelled.length > 0)
    findings.push({
      severity: "warning",
      rule: "rows-without-label",
      message: `${count(unlabelled, "picture")} without a label in the table of labels (none, or one below 0), left out: ${someNames(unlabelled)}.`,
    });
  if (orphans.length > 0)
    findings.push({
      severity: "warning",
      rule: "pictures-without-row",
      message: `${count(orphans, "picture")} without a row in the table of labels, left out: ${someNames(orphans)}.`,
    });
  if (unused.length > 0)
    findings.push({
      severity: "warning",
      rule: "rows-without-picture",
      message: `${count(unused, "row")} without a picture in the table of labels: ${someNames(unused)}.`,
    });
  return findings;
}

/** Pictures that neither annotations nor folders give a class, beside others that have one. */
export function bareFindings(bare: readonly string[]): Finding[] {
  if (bare.length === 0) return [];
  const message = `${count(bare, "picture")} without a label, left out: ${someNames(bare)}.`;
  return [{ severity: "note", rule: "pictures-without-label", message }];
}

/**
 * Class folders that other programs number or see otherwise.
 *
 * @param indexOf what a name was numbered here.
 */
export function folderFindings(names: readonly string[], indexOf: (name: string) => number): Finding[] {
  const findings: Finding[] = [];
  const sorted = [...names].sort();
  if (sorted.some((name, i) => indexOf(name) !== i))
    findings.push({
      severity: "warning",
      rule: "class-order",
      message: `Folders were numbered by the numbers in their names; torchvision's ImageFolder numbers them in the order ${someNames(sorted)}, so that labels of networks trained with it differ.`,
    });
  return [...findings, ...collisions(names, "class-names-collide", "class folders", "one class")];
}

/** Paths that are one on systems that tell neither cases nor Unicode forms apart, such as Windows and macOS. */
export function pathFindings(paths: readonly string[]): Finding[] {
  return collisions(paths, "file-names-collide", "file names", "one file");
}

function collisions(names: readonly string[], rule: string, what: string, become: string): Finding[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    // Windows drops dots and blanks at the end of a name.
    const key = name
      .normalize("NFKC")
      // Upper case first: ß and ss are one name where case does not count.
      .toUpperCase()
      .toLowerCase()
      .normalize("NFKC")
      .replace(/[. ]+(?=\/|$)/g, "");
    const group = groups.get(key);
    if (group) group.push(name);
    else groups.set(key, [name]);
  }
  const found = [...groups.values()].filter((group) => group.length > 1);
  if (found.length === 0) return [];
  const shown = found.slice(0, 4).map((group) => group.map((name) => JSON.stringify(name)).join(" and "));
  const more = found.length > 4 ? `, and ${found.length - 4} more` : "";
  return [
    {
      severity: "warning",
      rule,
      message: `Some ${what} differ only in case or Unicode form, and are ${become} on other systems: ${shown.join("; ")}${more}.`,
    },
  ];
}

function count(names: readonly string[], what: string): string {
  return names.length === 1 ? `1 ${what} is` : `${names.length} ${what}s are`;
}
