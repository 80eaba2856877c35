// The registry: one line a format. The namespace object of this module feeds `openSet`, the CLI and the conformance tests.

export { cifar } from "./formats/cifar.ts";
export { flax } from "./formats/flax.ts";
export { idx } from "./formats/idx.ts";
export { imageFolder } from "./formats/imageFolder.ts";
export { mat } from "./formats/mat.ts";
export { npy } from "./formats/npy.ts";
export { npz } from "./formats/npz.ts";
export { parquet } from "./formats/parquet.ts";
export { pictureGrid } from "./formats/pictureGrid.ts";
export { pythonPickle } from "./formats/pythonPickle.ts";
export { safetensors } from "./formats/safetensors.ts";
export { torch } from "./formats/torch.ts";
export { torchFolder } from "./formats/torchFolder.ts";
