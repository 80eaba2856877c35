import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sha256Hex } from "../../src/core/hash.ts";
import * as formats from "../../src/formats/formats.ts";
import { type Find, fuzzReader } from "./fuzzReader.ts";

const help = `Usage: npm run fuzz -- [--reader NAME]… [--seconds 600] [--seed TEXT]

Change valid and hostile files, by bytes and by the pieces of their format, and read them with each registered reader.
--seconds counts processor time of each reader, so that a busy machine fuzzes no less. Whatever is neither a set nor a
DataError, or takes more than two seconds of processor time, is printed and saved under test/fuzz/finds, where a test
reads it again.
Exit: 0 nothing found, 1 something found.`;

const { values } = parseArgs({
  options: {
    reader: { type: "string", multiple: true },
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean" },
  },
});

/** One folder a find: the files of the source, and why it was kept. */
async function save(find: Find): Promise<string> {
  const files = await Promise.all(find.source.files.map(async (file) => [file.path, await file.read()] as const));
  const digest = sha256Hex(new TextEncoder().encode(files.map(([path, bytes]) => path + sha256Hex(bytes)).join()));
  const folder = join(fileURLToPath(new URL("./finds", import.meta.url)), `${find.format}-${digest.slice(0, 12)}`);
  mkdirSync(folder, { recursive: true });
  const names = files.map(([path], i) => ({ path, file: `${i}.bin` }));
  for (const [i, [, bytes]] of files.entries()) writeFileSync(join(folder, `${i}.bin`), bytes);
  const what = find.what.split("\n")[0];
  writeFileSync(
    join(folder, "find.json"),
    `${JSON.stringify({ format: find.format, folder: find.source.folder, options: find.options, what, names }, null, 2)}\n`,
  );
  return folder;
}

if (values.help) console.log(help);
else {
  let found = 0;
  for (const name of values.reader ?? Object.keys(formats)) {
    const { runs, messages, opened, finds } = await fuzzReader(name, values.seed, { seconds: Number(values.seconds) });
    console.log(`${name}: ${runs} files, ${opened} opened, ${messages} different messages, ${finds.length} finds`);
    for (const find of finds) console.log(`  ${find.what}\n  saved as ${await save(find)}`);
    found += finds.length;
  }
  process.exitCode = found ? 1 : 0;
}
