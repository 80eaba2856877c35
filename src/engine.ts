/**
 * Computing: pure functions over tensors, differentiated to any order, compiled to ONNX and run by ONNX Runtime.
 *
 * @packageDocumentation
 */
export { type Device, type DeviceName, defaultDevice, device } from "./engine/device.ts";
export { type Data, openSessions } from "./engine/session.ts";
export { type GradientDistance, gradientDistances } from "./nn/gradientDistance.ts";
export { type Affine, conv, convParams, type Kernel, linear, linearParams } from "./nn/layers/affine.ts";
export { crossEntropy } from "./nn/losses.ts";
export { type AdamOptions, adam, type Optimiser, type SgdOptions, sgd } from "./nn/optimisers.ts";
export { type Compiled, type CompiledHeld, compile, compileHeld, f32, i32, type Spec } from "./tensor/compile.ts";
export * as convolutions from "./tensor/conv.ts";
export { grad, jvp, valueAndGrad } from "./tensor/grad.ts";
export type { Axes } from "./tensor/ops.ts";
export * as ops from "./tensor/ops.ts";
export type { Operand, Tensor } from "./tensor/Tensor.ts";
export type { Tree } from "./tensor/tree.ts";
