import { registry } from "../core/registry.ts";
import * as builtIn from "./attacks.ts";

/** The attacks that come with Retort, and those that `register` added. */
export const attackRegistry = registry(builtIn);
