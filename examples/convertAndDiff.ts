/** What a conversion to 8-bit pictures loses, and that a tampered copy is told from a re-encoded one. */
import { attack, diff, distil, strokes } from "retort-dd";
import { convert, memoryFolder, openSet } from "retort-dd/formats";

const set = await distil(strokes("train", 200), "randomReal", { ipc: 3 });
const { files, losses } = await convert(set, "parquet");
for (const loss of losses) console.log("lost:", loss);

const { set: copy } = await openSet(memoryFolder(files));
const { set: tampered } = await attack(set, "cleanLabel");
if (copy) console.log("copy:", diff(set, copy).verdict);
console.log("tampered:", diff(set, tampered).verdict);
