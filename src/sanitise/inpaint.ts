import * as z from "zod";
import { child, Stream } from "../core/random.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";
import { classesOf } from "../train/targets.ts";
import { picturesOf, withPictures } from "./pictures.ts";
import { type Place, placeOf } from "./place.ts";
import { defineRepair, sameRows } from "./Repair.ts";

const options = z.strictObject({
  margin: z.int().min(0).default(3).describe("pixels by which the place is widened on each side"),
  fill: z
    .enum(["others", "local"])
    .default("others")
    .describe("what comes there: the same place of a random image of another class, or what surrounds it"),
});

/**
 * Paint the place over, in the images that carry the trigger and in no others: the class keeps its other pixels, and whatever is
 * natural at the place stays in all other images.
 */
export const inpaint = defineRepair({
  title: "Painted over in the images that carry it",
  source: "Retort",
  needs: "place",
  options,
  async *run(set, findings, { margin, fill }, { key }) {
    const before = picturesOf(set);
    const after = before.slice();
    const labels = classesOf(set);
    findings.forEach(({ patch, images }, f) => {
      if (!patch) return;
      const place = placeOf(patch, set.shape, margin);
      const stream = new Stream(child(key, "inpaint", f));
      for (const image of images) {
        const others = [...labels.keys()].filter((i) => labels[i] !== labels[image]);
        if (fill === "others" && others.length > 0)
          copyPlace(before, after, set.shape, others[stream.integer(others.length)], image, place);
        else fillPlace(after, set.shape, image, place);
      }
    });
    return sameRows(withPictures(set, before, after));
  },
});

function copyPlace(from: Floats, to: Floats, [, c, h, w]: ImageShape, source: number, image: number, place: Place) {
  for (let k = 0; k < c; k++)
    for (let y = place.top; y < place.bottom; y++)
      for (let x = place.left; x < place.right; x++)
        to[((image * c + k) * h + y) * w + x] = from[((source * c + k) * h + y) * w + x];
}

/** Fill a place from the pixels around it, each weighted by one over the square of its distance. */
function fillPlace(pixels: Floats, [, c, h, w]: ImageShape, image: number, { top, left, bottom, right }: Place): void {
  const ring: [number, number][] = [];
  for (let y = top - 1; y <= bottom; y++)
    for (let x = left - 1; x <= right; x++)
      if (y >= 0 && x >= 0 && y < h && x < w && (y < top || y >= bottom || x < left || x >= right)) ring.push([y, x]);
  for (let k = 0; k < c; k++) {
    const plane = (image * c + k) * h * w;
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        let [sum, weights] = [0, 0];
        for (const [r, q] of ring) {
          const weight = 1 / ((r - y) ** 2 + (q - x) ** 2);
          sum += weight * pixels[plane + r * w + q];
          weights += weight;
        }
        // A place that is the whole image has nothing around it.
        pixels[plane + y * w + x] = weights === 0 ? 0.5 : sum / weights;
      }
  }
}
