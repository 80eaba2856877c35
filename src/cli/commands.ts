/** The commands of `retort`, one line each: the namespace of this module is the registry. `fooBar` runs as `foo-bar`. */
export { report } from "./commands/report.ts";
