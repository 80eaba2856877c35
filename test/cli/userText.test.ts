import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { runCommandLine } from "../../src/cli/shell/program.ts";
import { readKey } from "../../src/cli/steps/readKey.ts";
import { readText } from "../../src/disk/readText.ts";
import { memoryFolder } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { stored } from "../core/storedText.ts";
import { eightBitSet, greyPng } from "../formats/pictureFixtures.ts";
import { scratchFolder } from "../python.ts";
import { Recorder } from "./fakeTerminal.ts";

const encodings = ["UTF-8 with mark", "UTF-16LE", "UTF-16LE with mark", "UTF-16BE", "UTF-16BE with mark"];
const others = ["UTF-32LE", "UTF-32LE with mark"];
const folder = scratchFolder();
const elsewhere = scratchFolder();

function file(name: string, text: string, encoding: string): string {
  const path = join(folder, `${encoding.replace(/\W/g, "")}-${name}`);
  writeFileSync(path, stored(text, encoding));
  return path;
}

async function call(...words: string[]) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const status = await runCommandLine(registry, words, { version: "1.2.3", stdout, stderr });
  return { status, stderr: stderr.text };
}

const set = join(folder, "set.safetensors");
writeFileSync(set, setToSafetensors(eightBitSet()));
const { publicKey } = generateKeyPairSync("ed25519", {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** Command lines that read a text of a person; what is written is read up to its own mistake, so that nothing is computed. */
const texts: readonly (readonly [name: string, text: string, line: (path: string) => string[], seen: RegExp])[] = [
  ["experiment.yaml", "test: { data: strokes }\nsett: ü\n", (path) => ["plan", path], /2:1: unknown member.*sett/],
  [
    "options.yaml",
    "strenght: 1 # ü\n",
    (path) => ["attack", "clean-label", set, "--options", path],
    /unknown.*strenght/,
  ],
  ["space.yaml", "vary: { ü: [1] }\n", (path) => ["search", set, "--space", path], /ü/],
  ["library.json", '{"format": "ü"}', (path) => ["audit", set, "--calibration", path], /format/],
  ["predicate.json", "[1, ü]", (path) => ["attest", folder, "--predicate", path], /expected JSON/],
  [
    "root.json",
    "[1, ü]",
    (path) => ["verify", elsewhere, "--identity", "a", "--issuer", "https://b", "--trusted-root", path],
    /expected JSON/,
  ],
];

describe("one reader of what people write", () => {
  it.each(texts)("%s is read in every encoding, up to what is wrong with it", async (name, text, line, seen) => {
    for (const encoding of encodings) {
      const { status, stderr } = await call(...line(file(name, text, encoding)));
      expect([encoding, status, stderr]).toEqual([encoding, 2, expect.stringMatching(seen)]);
    }
    for (const encoding of others) {
      const { status, stderr } = await call(...line(file(name, text, encoding)));
      expect([encoding, status, stderr]).toEqual([encoding, 2, expect.stringMatching(/^[^\n]*UTF-32[^\n]*\n$/)]);
    }
  });

  it("a key, and any text", async () => {
    for (const encoding of encodings) {
      expect(await readText(file("a.txt", "größer\n", encoding), "test", "text")).toBe("größer\n");
      expect(await readKey(file("lab.pub", publicKey, encoding), "test", "public")).toBe(publicKey);
    }
    await expect(readKey(file("lab.pub", publicKey, "UTF-32LE"), "test", "public")).rejects.toThrow(/got UTF-32/);
  });

  it("tables of labels, lists and records beside pictures", async () => {
    for (const encoding of encodings) {
      const source = memoryFolder(
        new Map<string, Uint8Array>([
          ["größe.png", greyPng(8, 3)],
          ["b.png", greyPng(8, 9)],
          ["labels.csv", stored("file,label\ngröße.png,1\nb.png,0\n", encoding)],
          ["about.json", stored('{"tampered": "ü"}', encoding)],
        ]),
      );
      const { set: read, findings } = await openSet(source);
      expect([encoding, read?.kind === "labelled" && [...read.labels]]).toEqual([encoding, [1, 0]]);
      expect(findings.map(({ rule }) => rule)).toContain("tampered");
    }
  });

  it("an empty file of options asks for nothing", async () => {
    for (const text of ["", "# none\n", "{}", "---\n"]) {
      const { status, stderr } = await call(
        "attack",
        "clean-label",
        set,
        "--options",
        file("none.yaml", text, "UTF-8"),
      );
      expect([text, status, stderr]).toEqual([
        text,
        2,
        expect.stringMatching(/missing options in .*leave --options out/),
      ]);
    }
  });
});
