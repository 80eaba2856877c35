import { registry } from "../core/registry.ts";
import * as builtIn from "./methods.ts";

/** The distillation methods that come with Retort, and those that `register` added. */
export const methodRegistry = registry(builtIn);
