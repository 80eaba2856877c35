import { readFileSync } from "node:fs";
import { commitSeal } from "../../src/disk/commitSeal.ts";
import { sealFolder } from "../../src/disk/sealFolder.ts";
import { loadPrivateKey } from "../../src/seal/keys.ts";
import { makeSeal } from "../../src/seal/makeSeal.ts";
import { sealOptions } from "./fixture.ts";

// Seals a folder over and over with two keys in turn, until it is killed (crash.long.test.ts).
const [, , folder, ...keys] = process.argv;
const sealers = keys.map((path) => ({ kind: "key" as const, key: loadPrivateKey(readFileSync(path, "utf8")) }));
for (let i = 0; ; i++) {
  const sealer = sealers[i % sealers.length];
  const made = await makeSeal(
    sealFolder(folder),
    sealOptions(sealer, { description: { today: "2026-05-04", version: `2.0.${i}`, creator: `lab ${i}` } }),
  );
  if (i === 0) process.stdout.write("sealing\n");
  commitSeal(folder, made.files);
}
