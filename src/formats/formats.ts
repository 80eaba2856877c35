// The registry: one line a format. The namespace object of this module feeds `openSet`, the CLI and the conformance tests.

export { cifar } from "./cifar.ts";
export { flax } from "./flax.ts";
export { idx } from "./idx.ts";
export { imageFolder } from "./imageFolder.ts";
export { mat } from "./mat.ts";
export { npy } from "./npy.ts";
export { npz } from "./npz.ts";
export { parquet } from "./parquet.ts";
export { pictureGrid } from "./pictureGrid.ts";
export { pythonPickle } from "./pythonPickle.ts";
export { safetensors } from "./safetensors.ts";
export { torch } from "./torch.ts";
export { torchFolder } from "./torchFolder.ts";
