/** The registry of networks: one line each. */
export { alexNet } from "./networks/alexNet.ts";
export { convNet, convNetBN } from "./networks/convNet.ts";
export { leNet } from "./networks/leNet.ts";
export { mlp } from "./networks/mlp.ts";
export { resNet18, resNet18AP, resNet18BN, resNet18BNAP } from "./networks/resNet18.ts";
export { vgg11, vgg11BN } from "./networks/vgg11.ts";
export { vit } from "./networks/vit.ts";
