import { DataError } from "../../core/errors.ts";
import type { SourceFile } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { refusalOf, refuseFault, type ValueFile } from "../torch/TorchFile.ts";
import { runPickle } from "./machine.ts";
import { scanPickle } from "./scan.ts";

/** Open a plain pickle: one value, protocols 0 to 5, nothing after it. */
export async function openPickle(file: SourceFile, budget: Budget): Promise<ValueFile> {
  budget.charge(2 * file.size, "pickle", file.path); // the file, and its arrays moved to aligned places
  const bytes = await file.read();
  const scan = scanPickle(bytes, budget, { marker: "optional" });
  const refusal = refusalOf("pythonPickle", file, scan);
  if (refusal) throw refusal;
  try {
    const { value: root } = runPickle(bytes, { dialect: "python", budget });
    return {
      size: file.size,
      root,
      globals: scan.globals,
      findings: [],
      async tensor(value) {
        if (value.kind === "array" && value.tensor) return value.tensor;
        throw new DataError("pythonPickle: missing content of an array: expected its state to be set");
      },
    };
  } catch (error) {
    throw refuseFault("pythonPickle", file, scan, error);
  }
}
