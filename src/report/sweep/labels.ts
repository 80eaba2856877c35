/** A dot of a chart with what may be written at it, in pixels. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Where a label starts: its left end, on its baseline. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const radius = 5;
const gap = 3;
/** Of text of 11 pixels. */
const perCharacter = 6.2;
const [ascent, descent] = [9, 3];

/**
 * Write as many labels as fit without covering a dot or one another: earlier dots choose first, above or below, right or left of theirs.
 *
 * @param width labels stay between 0 and this, in pixels
 * @returns a place a dot; undefined where none is free
 */
export function placeLabels(dots: readonly Dot[], width: number): (Place | undefined)[] {
  const taken: Box[] = dots.map(({ x, y }) => around(x, y));
  return dots.map((dot) => {
    const free = candidates(dot).find((place) => {
      const box = boxOf(place, dot.text);
      return box.left >= 0 && box.right <= width && !taken.some((other) => overlap(box, other));
    });
    if (free) taken.push(boxOf(free, dot.text));
    return free;
  });
}

const widthOf = (text: string): number => perCharacter * [...text].length;

/** Its nearest corners first. */
function candidates({ x, y, text }: Dot): Place[] {
  const [right, left] = [x + radius + gap, x - radius - gap - widthOf(text)];
  const [above, level, below] = [y - radius, y + 4, y + radius + ascent];
  return [above, below, level].flatMap((line) => [right, left].map((start) => ({ x: start, y: line })));
}

const boxOf = ({ x, y }: Place, text: string): Box => ({
  left: x,
  right: x + widthOf(text),
  top: y - ascent,
  bottom: y + descent,
});

const around = (x: number, y: number): Box => ({
  left: x - radius,
  right: x + radius,
  top: y - radius,
  bottom: y + radius,
});

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
