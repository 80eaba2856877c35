/** The registry of repairs of trained networks: one line each. */
export { finePrune } from "./finePrune.ts";
export { unlearn } from "./unlearn.ts";
