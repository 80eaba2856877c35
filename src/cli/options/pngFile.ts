import * as z from "zod";

const others = /\.(avif|bmp|gif|html?|jpe?g|pdf|svg|tiff?|webp)$/i;

/** A file that a PNG is written to: a name that says another kind would hold what it does not say. */
export const pngFile = z.string().refine((name) => !others.test(name), "expected a name that ends in .png");
