/** A point of a drawing, x to the right and y down, the glyph within about [−1, 1]². */
export type Point = readonly [x: number, y: number];

/** One movement of the pen: corners joined by straight lines, or points that a smooth curve passes through. */
export interface PenStroke {
  readonly points: readonly Point[];
  readonly smooth: boolean;
}

const straight = (...points: Point[]): PenStroke => ({ points, smooth: false });
const curve = (...points: Point[]): PenStroke => ({ points, smooth: true });

/** `n` points of the spiral r = from … to over the angles from … to (turns, 0 = right, clockwise as y points down). */
function arc(n: number, turns: readonly [number, number], radius: readonly [number, number]): Point[] {
  return Array.from({ length: n }, (_, i) => {
    const s = i / (n - 1);
    const angle = 2 * Math.PI * (turns[0] + s * (turns[1] - turns[0]));
    const r = radius[0] + s * (radius[1] - radius[0]);
    return [r * Math.cos(angle), r * Math.sin(angle)] as const;
  });
}

/**
 * Ten shapes that a hand draws in one to four movements; their order is the class order.
 *
 * Chosen: pairs that share most of their ink (ring and spiral, triangle and arrow, fork and cross, zigzag and wave)
 * make the set harder than its class names.
 */
export const strokeTemplates: Readonly<Record<string, readonly PenStroke[]>> = {
  ring: [curve(...arc(9, [-0.25, 0.77], [0.8, 0.8]))],
  spiral: [curve(...arc(13, [-0.25, 1.45], [0.85, 0.12]))],
  triangle: [straight([0, -0.8], [0.85, 0.7], [-0.85, 0.7], [0, -0.8])],
  arrow: [straight([0, 0.9], [0, -0.8]), straight([-0.65, -0.1], [0, -0.8], [0.65, -0.1])],
  cross: [straight([0, -0.85], [0, 0.85]), straight([-0.85, 0], [0.85, 0])],
  fork: [straight([0, 0.9], [0, 0.05]), curve([-0.75, -0.85], [-0.62, -0.2], [0, 0.05], [0.62, -0.2], [0.75, -0.85])],
  zigzag: [straight([-0.7, -0.75], [0.7, -0.75], [-0.7, 0.75], [0.7, 0.75])],
  wave: [curve([0.65, -0.6], [0.1, -0.85], [-0.55, -0.5], [0, 0], [0.55, 0.5], [-0.1, 0.85], [-0.65, 0.6])],
  gate: [straight([-0.7, 0.85], [-0.7, -0.75], [0.7, -0.75], [0.7, 0.85]), straight([-0.7, 0.1], [0.7, 0.1])],
  hook: [
    curve([0.25, -0.85], [0.28, -0.2], [0.25, 0.5], [-0.2, 0.85], [-0.65, 0.5]),
    straight([-0.35, -0.5], [0.7, -0.5]),
  ],
};

/** Lay a smooth curve through the points of a stroke (Catmull and Rom 1974), `steps` segments between neighbours. */
export function polyline(stroke: PenStroke, steps: number): Point[] {
  const { points, smooth } = stroke;
  if (!smooth) return [...points];
  const out: Point[] = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [
      points[Math.max(0, i - 1)],
      points[i],
      points[i + 1],
      points[Math.min(points.length - 1, i + 2)],
    ];
    for (let step = 1; step <= steps; step++) {
      const t = step / steps;
      const along = (k: 0 | 1) =>
        b[k] +
        0.5 * t * (c[k] - a[k] + t * (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k] + t * (3 * (b[k] - c[k]) + d[k] - a[k])));
      out.push([along(0), along(1)]);
    }
  }
  return out;
}
