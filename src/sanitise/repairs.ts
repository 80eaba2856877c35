/** The registry of repairs: one line each. */
export { antidote } from "./antidote.ts";
export { blind } from "./blind.ts";
export { blur } from "./blur.ts";
export { clip } from "./clip.ts";
export { drop } from "./drop.ts";
export { eightBit } from "./eightBit.ts";
export { inpaint } from "./inpaint.ts";
export { redistil } from "./redistil.ts";
