import { registry } from "../core/registry.ts";
import * as builtIn from "./networks.ts";

/** The networks that come with Retort, and those that `register` added. */
export const networkRegistry = registry(builtIn);
