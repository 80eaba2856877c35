import { looksLikeImages } from "./assemble.ts";
import type { ObjectInfo } from "./Format.ts";

/**
 * Why a file that was read holds no set, as far as its arrays tell.
 *
 * @returns what stands there instead, for a sentence: "…, got no set: …"
 * @example
 * noSet([{ path: "images", dtype: "float32", shape: [10, 4, 32, 32] }]); // "`images` [10, 4, 32, 32] has neither one channel nor three"
 */
export function noSet(objects: readonly ObjectInfo[]): string {
  const arrays = objects.filter(({ shape }) => shape.length === 4);
  const one = arrays.find((array) => !looksLikeImages(array)) ?? arrays[0];
  if (!one) return "no array is of images, [N, C, H, W]";
  const { path, dtype, shape } = one;
  const [n, c, h, w] = shape;
  const said = `\`${path}\` [${shape.join(", ")}]`;
  if (n < 1) return `${said} holds no image`;
  const isChannels = (size: number) => size === 1 || size === 3;
  if (!isChannels(c) && !isChannels(w)) return `${said} has neither one channel nor three`;
  if (looksLikeImages(one))
    return `${said} has the shape of images, but labels are missing, or both have unusual names`;
  if (looksLikeImages({ shape, dtype: "uint8" })) return `${said} holds ${dtype}, neither bytes nor floats`;
  return `${said} holds images of ${isChannels(c) ? `${h}×${w}` : `${c}×${h}`} pixels: sides of 2 and more are needed`;
}
