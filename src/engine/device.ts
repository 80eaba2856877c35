import { UsageError } from "../core/errors.ts";

export const deviceNames = ["cpu", "webgpu", "cuda"] as const;
export type DeviceName = (typeof deviceNames)[number];

/** Where and with how many threads graphs run. Recorded with every result: the bytes depend on it. */
export interface Device {
  readonly name: DeviceName;
  /** Threads inside one operator; 0 = as many as the machine has. CPU only. */
  readonly threads: number;
}

export const defaultDevice: Device = { name: "cpu", threads: 0 };

/**
 * Check a device that a person typed.
 *
 * @example
 * const target = device("cpu", 2);
 */
export function device(name: string = "cpu", threads = 0): Device {
  if (!deviceNames.includes(name as DeviceName))
    throw new UsageError(
      `engine: unknown device: expected one of ${deviceNames.join(", ")}, got ${JSON.stringify(name)}`,
    );
  if (!Number.isInteger(threads) || threads < 0 || threads > 1024)
    throw new UsageError(`engine: invalid thread count: expected an integer from 0 (all) to 1024, got ${threads}`);
  return { name: name as DeviceName, threads };
}

/** Turn the runtime's message about a missing driver into what to do about it. */
export function deviceError(target: Device, error: unknown): UsageError {
  const message = error instanceof Error ? error.message.split("\n")[0] : String(error);
  // The runtime puts its own source line before what it says.
  const said = message.replace(/^\/.* was false\. /, "");
  const hint: Record<DeviceName, string> = {
    cpu: "reinstall with `npm ci`",
    webgpu:
      "install a Vulkan (Linux), Metal (macOS) or D3D12 (Windows) driver for the GPU, on Linux also libvulkan1, or use --device cpu",
    cuda: 'install CUDA 12 and cuDNN 9 and fetch the CUDA files of onnxruntime-node (README, "Using a GPU"), or use --device cpu',
  };
  return new UsageError(
    `engine: missing device: expected a working ${target.name} device, got "${said}"; ${hint[target.name]}`,
  );
}
