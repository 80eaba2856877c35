/** Seal a set as its publisher, verify it as its receiver, and see a change found. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { distil, strokes } from "retort-dd";
import { save, seal, verify } from "retort-dd/node";
import { generateKeys } from "retort-dd/seal";

const folder = await mkdtemp(join(tmpdir(), "seal-"));
try {
  const file = join(folder, "set.safetensors");
  await save(await distil(strokes("train", 100), "randomReal", { ipc: 1 }), file);

  const { privatePem, publicPem } = generateKeys();
  const { fingerprint } = await seal(folder, { privateKey: privatePem, name: "ten drawings", date: "2026-05-04" });
  console.log("sealed, fingerprint", fingerprint.slice(0, 16), "…");

  const receiver = { publicKeys: [publicPem], at: new Date("2026-06-01") };
  console.log("before:", (await verify(folder, receiver)).verified ? "verified" : "refused");

  const bytes = await readFile(file);
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
  await writeFile(file, bytes);
  const { verified, checks } = await verify(folder, receiver);
  const failed = checks.filter(({ status }) => status === "failed").map(({ id }) => id);
  console.log("after:", verified ? "verified" : "refused,", ...failed);
} finally {
  await rm(folder, { recursive: true });
}
