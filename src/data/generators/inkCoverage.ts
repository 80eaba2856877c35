import type { Point } from "./strokeTemplates.ts";

/**
 * Measure how much of each pixel a pen covers that follows a line: 1 within the pen's radius, 0 one pixel outside it,
 * linear between (the usual anti-aliasing by distance). Overlaps of one line with itself count once.
 *
 * @param coverage side·side numbers, raised where the line passes: max(before, now).
 * @param line corners in pixels; pixel (r, q) has its centre at (q + ½, r + ½).
 * @param radius half the pen's width in pixels.
 */
export function inkLine(coverage: Float32Array, side: number, line: readonly Point[], radius: number): void {
  const reach = radius + 0.5;
  for (let i = 0; i + 1 < line.length; i++) {
    const [x0, y0] = line[i];
    const [x1, y1] = line[i + 1];
    const [dx, dy] = [x1 - x0, y1 - y0];
    const inverse = 1 / Math.max(dx * dx + dy * dy, 1e-12);
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
    const right = Math.min(side - 1, Math.ceil(Math.max(x0, x1) + reach));
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
    const bottom = Math.min(side - 1, Math.ceil(Math.max(y0, y1) + reach));
    for (let r = top; r <= bottom; r++) {
      const py = r + 0.5 - y0;
      for (let q = left; q <= right; q++) {
        const px = q + 0.5 - x0;
        const t = Math.min(1, Math.max(0, (px * dx + py * dy) * inverse));
        const ex = px - t * dx;
        const ey = py - t * dy;
        const squared = ex * ex + ey * ey;
        if (squared >= reach * reach) continue;
        const ink = Math.min(1, reach - Math.sqrt(squared));
        if (ink > coverage[r * side + q]) coverage[r * side + q] = ink;
      }
    }
  }
}
