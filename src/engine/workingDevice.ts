import { type Device, device } from "./device.ts";
import { encodeModel } from "./onnx/model.ts";
import { openSession } from "./session.ts";

/**
 * Check a device that a person typed, and that this machine has it: before any work, not at the first graph.
 *
 * @throws UsageError for a name or number of threads that does not exist, and for a device that does not work here.
 *
 * @example
 * const target = await workingDevice("webgpu");
 */
export async function workingDevice(name: string = "cpu", threads = 0): Promise<Device> {
  const target = device(name, threads);
  // The processor is always there, and its runtime need not be loaded to know.
  if (target.name !== "cpu") await (await openSession(probe(), [port], [port], target)).close();
  return target;
}

const port = { shape: [1], dtype: "float32" } as const;

/** The smallest graph that a device has to take. */
function probe(): Uint8Array<ArrayBuffer> {
  const [input, output] = ["x0", "y0"].map((name) => ({ name, type: port.dtype, shape: port.shape }));
  const node = { op: "Neg", inputs: [input.name], outputs: [output.name], attributes: {} };
  return encodeModel({ inputs: [input], outputs: [output], initializers: [], nodes: [node] });
}
