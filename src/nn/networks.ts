/** The registry of networks: one line each. */
export { convNet } from "./networks/convNet.ts";
export { mlp } from "./networks/mlp.ts";
