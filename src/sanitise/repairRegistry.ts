import { registry } from "../core/registry.ts";
import * as builtIn from "./repairs.ts";

/** The repairs that come with Retort, and those that `register` added. */
export const repairRegistry = registry(builtIn);
