/** The commands of `retort`, one line each: the namespace of this module is the registry. `fooBar` runs as `foo-bar`. */
export { attack } from "./commands/attack.ts";
export { attest } from "./commands/attest.ts";
export { convert } from "./commands/convert.ts";
export { data } from "./commands/data.ts";
export { demo } from "./commands/demo.ts";
export { diff } from "./commands/diff.ts";
export { distill } from "./commands/distill.ts";
export { evaluate } from "./commands/evaluate.ts";
export { inspect } from "./commands/inspect.ts";
export { keygen } from "./commands/keygen.ts";
export { report } from "./commands/report.ts";
export { seal } from "./commands/seal.ts";
export { trust } from "./commands/trust.ts";
export { verify } from "./commands/verify.ts";
