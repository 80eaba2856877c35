/** "Conv-Net", "convNet" and "conv_net" are one name to a person. */
export const folded = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/**
 * The known name that somebody probably meant: the same but for case and punctuation; one slip away; the shortest that begins with
 * what was written ("resnet", "eval"); the longest with which it begins; one of whose words begins with it ("grid"), or with which it
 * ends ("pytorch"); else the nearest by edits.
 *
 * @returns undefined where none is near.
 */
export function suggestion(name: string, known: Iterable<string>): string | undefined {
  const wanted = folded(name);
  // Longer words than any name are not compared.
  if (wanted === "" || wanted.length > 60) return undefined;
  const names = [...known].map((one) => ({ one, other: folded(one) }));
  const [shortest, longest] = [1, -1].map((sign) => (fits: (other: string, one: string) => boolean) => {
    const found = names.filter(({ one, other }) => other !== "" && fits(other, one));
    return found.sort((a, b) => sign * (a.other.length - b.other.length))[0]?.one;
  });
  // Chosen: shorter pieces of words are no likeness, and a third of the letters may be wrong.
  const isPiece = (piece: string, of: string) => piece.length >= 3 && 3 * piece.length >= of.length;
  return (
    shortest((other) => other === wanted) ??
    (wanted.length >= 5 ? nearest(wanted, names, 1) : undefined) ??
    shortest((other) => wanted.length >= 2 && other.startsWith(wanted)) ??
    longest((other) => isPiece(other, wanted) && wanted.startsWith(other)) ??
    shortest(
      (other, one) =>
        (wanted.length >= 4 || isPiece(wanted, other)) && wordsOf(one).some((word) => word.startsWith(wanted)),
    ) ??
    longest((other) => other.length >= 4 && isPiece(other, wanted) && wanted.endsWith(other)) ??
    nearest(wanted, names, wanted.length < 4 ? 1 : Math.ceil(wanted.length / 3))
  );
}

/** "trigger-kind" and "pictureGrid" as their words from each on: "triggerkind", "kind". */
function wordsOf(name: string): string[] {
  const words = name.replace(/(\p{Ll})(\p{Lu})/gu, "$1-$2").split(/[^\p{L}\p{N}]+/u);
  return words.map((_, i) => folded(words.slice(i).join("")));
}

function nearest(wanted: string, names: readonly { one: string; other: string }[], most: number): string | undefined {
  let best: string | undefined;
  let fewest = most + 1;
  for (const { one, other } of names) {
    const edits = Math.abs(other.length - wanted.length) > most ? Number.POSITIVE_INFINITY : distance(wanted, other);
    if (edits < fewest) [best, fewest] = [one, edits];
  }
  return best;
}

/** "; did you mean convNet?", or nothing. */
export function didYouMean(name: unknown, known: Iterable<string>): string {
  const found = typeof name === "string" ? suggestion(name, known) : undefined;
  return found === undefined ? "" : `; did you mean ${found}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to another. */
function distance(a: string, b: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}
