import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { attest } from "../../src/cli/commands/attest.ts";
import { convert } from "../../src/cli/commands/convert.ts";
import { diff } from "../../src/cli/commands/diff.ts";
import { inspect } from "../../src/cli/commands/inspect.ts";
import { keygen } from "../../src/cli/commands/keygen.ts";
import { seal } from "../../src/cli/commands/seal.ts";
import { trust } from "../../src/cli/commands/trust.ts";
import { verify } from "../../src/cli/commands/verify.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { tinySet } from "../seal/fixture.ts";
import { call } from "./fakeTerminal.ts";

const commands = { attest, convert, diff, inspect, keygen, seal, trust, verify };
export const run = (...words: string[]) => call(commands, ...words);
export const set = { ...tinySet, images: tinySet.images.map((x) => (x + 2) / 5), metadata: { method: "DM", seed: 7 } };

/** A publisher's desk for the tests of one file: two keys, no trust, and before each test a new folder with a set. */
export function publisher() {
  const root = mkdtempSync(join(tmpdir(), "retort-seal-cli-"));
  const at = (...names: string[]) => join(root, ...names);
  let count = 0;
  const desk = {
    at,
    folder: "",
    sealIt: (...more: string[]) =>
      run(
        "seal",
        desk.folder,
        "--key",
        at("lab.key"),
        "--license",
        "MIT",
        "--creator",
        "Lab",
        "--url",
        "https://example.org/set",
        ...more,
      ),
    verifyIt: (...more: string[]) => run("verify", desk.folder, "--key", at("lab.pub"), ...more),
  };

  beforeAll(async () => {
    process.env.RETORT_CONFIG = at("config");
    expect((await run("keygen", at("lab"))).status).toBe(0);
    expect((await run("keygen", at("other"), "--curve", "P-384")).status).toBe(0);
  });
  beforeEach(() => {
    rmSync(at("config"), { recursive: true, force: true });
    desk.folder = at(`set-${count++}`);
    mkdirSync(desk.folder);
    writeFileSync(join(desk.folder, "set.safetensors"), setToSafetensors(set));
  });
  afterAll(() => {
    delete process.env.RETORT_CONFIG;
    rmSync(root, { recursive: true });
  });
  return desk;
}
