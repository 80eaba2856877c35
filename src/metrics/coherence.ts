/** Pictures of classes. */
export interface ClassPictures {
  /** M·C·H·W pixels. */
  readonly pixels: Float32Array;
  readonly shape: readonly [images: number, channels: number, height: number, width: number];
  readonly classes: number;
  /** [M]. */
  readonly labels: Int32Array;
}

/** How many images of a class share a detail that images of different classes do not. */
export interface Coherence {
  readonly targetClass: number;
  /** Side of the window whose mean was taken off, in pixels. */
  readonly window: number;
  /** Pairs of images of the class that are more alike than chance. */
  readonly pairs: number;
  /** The same of the class with the next most. */
  readonly second: number;
  readonly alarm: boolean;
  /** Images in those pairs. */
  readonly images: readonly number[];
}

/** Windows of the local mean: fine details, and coarse ones such as lines, blends and waves. */
const windows = [3, 9] as const;

/**
 * Coherence: images less their local mean, robustly scaled and clipped, less the mean of all; pairs within a class whose correlation
 * lies four deviations above that of pairs of different classes. Sees what is spread over many images of one class: lines,
 * scatters, blends, sinusoids. Needs no network and three images a class.
 *
 * @returns one finding a window.
 */
export function coherence(pictures: ClassPictures): Coherence[] {
  return windows.map((window) => {
    const details = detailsOf(pictures, window);
    const { labels, classes } = pictures;
    const m = labels.length;
    const size = details.length / m;
    const [inside, across]: [[number, number, number][], number[]] = [[], []];
    for (let i = 0; i < m; i++)
      for (let j = i + 1; j < m; j++) {
        let dot = 0;
        for (let p = 0; p < size; p++) dot += details[i * size + p] * details[j * size + p];
        if (labels[i] === labels[j]) inside.push([i, j, dot]);
        else across.push(dot);
      }
    const mean = across.reduce((s, v) => s + v, 0) / Math.max(1, across.length);
    const deviation = Math.sqrt(across.reduce((s, v) => s + (v - mean) ** 2, 0) / Math.max(1, across.length));
    const alike = inside.filter(([, , dot]) => dot > mean + 4 * deviation);
    const counts = new Int32Array(classes);
    for (const [i] of alike) counts[labels[i]]++;
    const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a]);
    const [top, next] = order;
    const images = new Set(alike.filter(([i]) => labels[i] === top).flatMap((pair) => pair.slice(0, 2)));
    return {
      targetClass: top,
      window,
      pairs: counts[top],
      second: counts[next] ?? 0,
      alarm: counts[top] >= 3 && counts[top] >= 5 * ((counts[next] ?? 0) + 1),
      images: [...images].sort((a, b) => a - b),
    };
  });
}

/** Unit vectors of each image's details, less what all images share. */
function detailsOf({ pixels, shape: [m, c, h, w] }: ClassPictures, window: number): Float32Array {
  const size = c * h * w;
  const out = new Float32Array(m * size);
  for (let i = 0; i < m; i++) {
    const own = out.subarray(i * size, (i + 1) * size);
    for (let k = 0; k < c; k++) {
      const plane = pixels.subarray((i * c + k) * h * w, (i * c + k + 1) * h * w);
      const smooth = localMean(plane, h, w, window);
      for (let p = 0; p < h * w; p++) own[k * h * w + p] = plane[p] - smooth[p];
    }
    const scale = 1.48 * medianOfAbsolute(own) || 1;
    for (let p = 0; p < size; p++) own[p] = Math.min(2.5, Math.max(-2.5, own[p] / scale));
  }
  const mean = new Float64Array(size);
  for (let i = 0; i < m; i++) for (let p = 0; p < size; p++) mean[p] += out[i * size + p] / m;
  for (let i = 0; i < m; i++) {
    let norm = 0;
    for (let p = 0; p < size; p++) {
      out[i * size + p] -= mean[p];
      norm += out[i * size + p] ** 2;
    }
    const scale = 1 / (Math.sqrt(norm) || 1);
    for (let p = 0; p < size; p++) out[i * size + p] *= scale;
  }
  return out;
}

/** Mean over a window, cut at the edges; by sums over rectangles. */
function localMean(plane: Float32Array, h: number, w: number, window: number): Float64Array {
  const r = (window - 1) / 2;
  const sums = new Float64Array((h + 1) * (w + 1));
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      sums[(y + 1) * (w + 1) + x + 1] =
        plane[y * w + x] + sums[y * (w + 1) + x + 1] + sums[(y + 1) * (w + 1) + x] - sums[y * (w + 1) + x];
  const out = new Float64Array(h * w);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const [t, b, l, q] = [Math.max(0, y - r), Math.min(h, y + r + 1), Math.max(0, x - r), Math.min(w, x + r + 1)];
      const sum = sums[b * (w + 1) + q] - sums[t * (w + 1) + q] - sums[b * (w + 1) + l] + sums[t * (w + 1) + l];
      out[y * w + x] = sum / ((b - t) * (q - l));
    }
  return out;
}

function medianOfAbsolute(values: Float32Array): number {
  const sorted = values.map(Math.abs).sort();
  return sorted[Math.floor(sorted.length / 2)];
}
