import { registry } from "../core/registry.ts";
import * as builtIn from "./formats.ts";

/** The formats that come with Retort, and those that `register` added. */
export const formatRegistry = registry(builtIn);
