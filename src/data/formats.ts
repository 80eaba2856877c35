// The registry: one line a format. The namespace object of this module feeds `openSet`, the CLI and the conformance tests.

export { cifar } from "./formats/cifar.ts";
export { idx } from "./formats/idx.ts";
export { imageFolder } from "./formats/imageFolder.ts";
export { safetensors } from "./formats/safetensors.ts";
