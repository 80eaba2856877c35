/** The registry of distillation methods: one line each. */
export { distributionMatching } from "./distributionMatching.ts";
export { randomReal } from "./randomReal.ts";
