import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attest } from "../../src/cli/commands/attest.ts";
import { convert } from "../../src/cli/commands/convert.ts";
import { diff } from "../../src/cli/commands/diff.ts";
import { inspect } from "../../src/cli/commands/inspect.ts";
import { keygen } from "../../src/cli/commands/keygen.ts";
import { seal } from "../../src/cli/commands/seal.ts";
import { trust } from "../../src/cli/commands/trust.ts";
import { verify } from "../../src/cli/commands/verify.ts";
import { setToSafetensors } from "../../src/data/formats/safetensors.ts";
import { openRun } from "../../src/experiment/Run.ts";
import { versions } from "../../src/experiment/versions.ts";
import { tinySet } from "../seal/fixture.ts";
import { call } from "./fakeTerminal.ts";

const commands = { attest, convert, diff, inspect, keygen, seal, trust, verify };
const run = (...words: string[]) => call(commands, ...words);
const root = mkdtempSync(join(tmpdir(), "retort-seal-cli-"));
const at = (...names: string[]) => join(root, ...names);
const set = { ...tinySet, images: tinySet.images.map((x) => (x + 2) / 5), metadata: { method: "DM", seed: 7 } };
let count = 0;
let folder = "";

beforeAll(async () => {
  process.env.RETORT_CONFIG = at("config");
  expect((await run("keygen", at("lab"))).status).toBe(0);
  expect((await run("keygen", at("other"), "--curve", "P-384")).status).toBe(0);
});
beforeEach(() => {
  rmSync(at("config"), { recursive: true, force: true });
  folder = at(`set-${count++}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "set.safetensors"), setToSafetensors(set));
});
afterAll(() => {
  delete process.env.RETORT_CONFIG;
  rmSync(root, { recursive: true });
});

const sealIt = (...more: string[]) =>
  run(
    "seal",
    folder,
    "--key",
    at("lab.key"),
    "--license",
    "MIT",
    "--creator",
    "Lab",
    "--url",
    "https://example.org/set",
    ...more,
  );
const verifyIt = (...more: string[]) => run("verify", folder, "--key", at("lab.pub"), ...more);

describe("retort keygen", () => {
  test("writes a private key for its owner alone and never overwrites one", async () => {
    expect(statSync(at("lab.key")).mode & 0o777).toBe(0o600);
    expect(readFileSync(at("lab.key"), "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    const again = await run("keygen", at("lab"));
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("lab.key");
  });

  test("encrypts with a passphrase; sealing needs it", async () => {
    writeFileSync(at("phrase"), "correct horse\n");
    writeFileSync(at("wrong"), "battery\n");
    expect((await run("keygen", at("locked"), "--passphrase-file", at("phrase"))).status).toBe(0);
    expect(readFileSync(at("locked.key"), "utf8")).toContain("ENCRYPTED PRIVATE KEY");
    const locked = (...more: string[]) => run("seal", folder, "--key", at("locked.key"), ...more);
    expect(await locked()).toMatchObject({ status: 2, stderr: expect.stringContaining("missing passphrase") });
    expect(await locked("--passphrase-file", at("wrong"))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("does not open it"),
    });
    expect((await locked("--passphrase-file", at("phrase"))).status).toBe(0);
    expect((await run("verify", folder, "--key", at("locked.pub"))).status).toBe(0);
  });
});

describe("retort seal and verify", () => {
  test("the round trip, for people and as JSON, with deep check", async () => {
    const made = await sealIt("--cta", "0.5", "--cta-network", "ConvNet", "--json");
    expect(made.status).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ signed: 3, version: "1.0.0" });
    const shown = await verifyIt("--deep");
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/✓ {2}1 {2}The seal is a well-formed bundle/);
    expect(shown.stdout).toMatch(/✓ 15 .*\n.*images float32 \[4,3,2,2\], labels int32 \[4\]/);
    expect(shown.stdout).toMatch(/fingerprint {2}([0-9a-f]{4} ){15}[0-9a-f]{4}\n/);
    expect(shown.stdout).toMatch(/VERIFIED {5}3 files/);
    const json = JSON.parse((await verifyIt("--json")).stdout);
    expect(json).toMatchObject({ verified: true, version: "1.0.0", fingerprint: JSON.parse(made.stdout).fingerprint });
    const tensors = JSON.parse(
      Buffer.from(
        JSON.parse(readFileSync(join(folder, "retort.tensors.json"), "utf8")).dsseEnvelope.payload,
        "base64",
      ).toString(),
    );
    expect(tensors.predicate).toMatchObject({
      classCounts: [2, 2],
      ipc: 2,
      method: "DM",
      seeds: [7],
      labels: "hard",
      cta: { value: 0.5, tolerance: 0.03, network: "ConvNet" },
    });
  });

  test("a changed file ends with 1 and is named; reports for code scanning and tests say the same", async () => {
    await sealIt();
    writeFileSync(join(folder, "set.safetensors"), setToSafetensors({ ...set, images: set.images.map((x) => 1 - x) }));
    const found = await verifyIt("--sarif", at("out.sarif"), "--junit", at("out.xml"));
    expect(found.status).toBe(1);
    expect(found.stdout).toMatch(/✗ 12 .*\n +changed: set\.safetensors/);
    expect(found.stdout).toMatch(/NOT VERIFIED \(check 12\)/);
    const sarif = JSON.parse(readFileSync(at("out.sarif"), "utf8"));
    expect(sarif.version).toBe("2.1.0");
    const [result] = sarif.runs[0].results;
    expect(result).toMatchObject({ ruleId: "seal-content", level: "error", kind: "fail" });
    expect(sarif.runs[0].tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toMatch(/set\.safetensors$/);
    expect(readFileSync(at("out.xml"), "utf8")).toMatch(
      /<testsuite name="retort verify [^"]*" tests="16" failures="1"/,
    );
  });

  test("without a key nothing is verified, and a key beside the data is refused", async () => {
    await sealIt();
    const nobody = await run("verify", folder);
    expect(nobody.status).toBe(1);
    expect(nobody.stdout).not.toMatch(/^VERIFIED/m);
    copyFileSync(at("lab.pub"), join(folder, "publisher.pub"));
    const beside = await run("verify", folder, "--key", join(folder, "publisher.pub"));
    expect(beside).toMatchObject({ status: 2, stderr: expect.stringContaining("beside the data") });
    expect((await run("verify", folder, "--key", at("lab.key"))).stderr).toContain("got a private one");
    expect((await run("verify", folder, "--key", at("other.pub"))).status).toBe(1);
  });

  test("errors end with 2: no folder, a file, no key, unknown content, an empty folder", async () => {
    expect(await run("seal", at("none"), "--key", at("lab.key"))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("missing folder"),
    });
    expect(await run("seal", join(folder, "set.safetensors"), "--key", at("lab.key"))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("expected a folder"),
    });
    expect(await run("seal", folder)).toMatchObject({ status: 2, stderr: expect.stringContaining("missing key") });
    writeFileSync(join(folder, "set.safetensors"), "text");
    expect(await sealIt()).toMatchObject({ status: 2, stderr: expect.stringContaining("--no-tensors") });
    expect((await sealIt("--no-tensors")).status).toBe(0);
    expect((await verifyIt()).status).toBe(0);
    mkdirSync(at("empty"));
    expect(await run("seal", at("empty"), "--key", at("lab.key"), "--no-tensors")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("empty folder"),
    });
  });

  test("sealing again: new version, unchanged card, own card, other key, a changed set", async () => {
    await sealIt("--date", "2026-01-02");
    const [card, described] = ["README.md", "croissant.json"].map((name) => readFileSync(join(folder, name), "utf8"));
    expect(JSON.parse((await sealIt("--json")).stdout).date).toBe("2026-01-02");
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe(card);
    expect(readFileSync(join(folder, "croissant.json"), "utf8")).toBe(described);
    expect(
      JSON.parse((await run("seal", folder, "--key", at("lab.key"), "--release", "1.1.0", "--json")).stdout).version,
    ).toBe("1.1.0");
    expect(JSON.parse(readFileSync(join(folder, "croissant.json"), "utf8"))).toMatchObject({
      version: "1.1.0",
      url: "https://example.org/set",
      creator: { name: "Lab" },
    });
    expect((await verifyIt("--expect-version", "1.1.0")).status).toBe(0);
    expect((await verifyIt("--min-version", "1.2.0")).stdout).toMatch(/older than 1\.2\.0/);
    writeFileSync(join(folder, "README.md"), "# My own card\n");
    expect((await verifyIt()).status).toBe(1);
    await run("seal", folder, "--key", at("other.key"));
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("# My own card\n");
    expect((await run("verify", folder, "--key", at("other.pub"))).status).toBe(0);
    expect((await verifyIt()).status).toBe(1);
  });

  const root = process.getuid?.() === 0;
  if (root) console.log("seal: the read-only folder is skipped, root may write everywhere");
  test.skipIf(root)("a read-only folder is refused with a way out", async () => {
    chmodSync(folder, 0o555);
    expect(await sealIt()).toMatchObject({ status: 2, stderr: expect.stringContaining("--out") });
    chmodSync(folder, 0o755);
  });

  test("a seal outside of the folder", async () => {
    expect((await sealIt("--out", at("detached"))).status).toBe(0);
    expect(existsSync(join(folder, "model.sig"))).toBe(false);
    expect((await verifyIt("--signature", at("detached", "model.sig"))).status).toBe(0);
    writeFileSync(join(folder, "more"), "x");
    expect((await verifyIt("--signature", at("detached", "model.sig"))).status).toBe(1);
  });

  test("a re-encoded copy is checked by its tensors", async () => {
    await sealIt();
    const copy = at("copy.npz");
    await run("convert", folder, copy, "--force");
    const check = (path: string) =>
      run("verify", path, "--tensors", join(folder, "retort.tensors.json"), "--key", at("lab.pub"));
    expect(await check(copy)).toMatchObject({ status: 0, stdout: expect.stringContaining("VERIFIED") });
    writeFileSync(
      at("changed.safetensors"),
      setToSafetensors({ ...set, images: set.images.map((x, i) => (i === 3 ? 1 : x)) }),
    );
    expect(await check(at("changed.safetensors"))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("images float32 [4,3,2,2] has other values"),
    });
    const swap = (values: Float32Array) =>
      Float32Array.from([...values.slice(12, 24), ...values.slice(0, 12), ...values.slice(24)]);
    writeFileSync(
      at("shuffled.safetensors"),
      setToSafetensors({ ...set, images: swap(set.images) as Float32Array<ArrayBuffer> }),
    );
    expect(await check(at("shuffled.safetensors"))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("in another order"),
    });
  });

  test("names from the sender cannot write to the terminal", async () => {
    await sealIt();
    writeFileSync(join(folder, "\u001b[31mred"), "x");
    const found = await verifyIt();
    expect(found.status).toBe(1);
    expect(found.stdout).not.toContain("\u001b");
  });

  test("a set that says it was attacked is shown as such", async () => {
    writeFileSync(
      join(folder, "set.safetensors"),
      setToSafetensors({ ...set, metadata: { tampered: { attack: "badnets" } } }),
    );
    await sealIt();
    expect((await verifyIt("--deep")).stdout).toMatch(/backdoored: .*badnets/);
    expect((await verifyIt()).stdout).toMatch(/backdoored/);
    expect(readFileSync(join(folder, "README.md"), "utf8")).toMatch(/deliberately backdoored/);
  });
});

describe("retort trust", () => {
  test("pins a key after comparing its fingerprint; then sets verify by themselves", async () => {
    await sealIt();
    const fingerprint = JSON.parse((await verifyIt("--json")).stdout).signer.fingerprint as string;
    const wrong = await run("trust", "add", "Lab", at("lab.pub"), "--fingerprint", `00${fingerprint.slice(2)}`);
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("exchanged") });
    const spelled = (fingerprint.match(/../g) as string[]).join(":").toUpperCase();
    expect(
      (await run("trust", "add", "Lab", at("lab.pub"), "--fingerprint", spelled, "--min-version", "1.0.0")).status,
    ).toBe(0);
    expect((await run("verify", folder)).stdout).toMatch(/VERIFIED .*sealed by Lab/);
    expect((await run("verify", folder, "--publisher", "Lab")).status).toBe(0);
    expect((await run("verify", folder, "--publisher", "Somebody")).status).toBe(1);
    expect((await run("verify", folder, "--key", at("other.pub"), "--publisher", "Lab")).status).toBe(1);
    expect((await run("trust", "list")).stdout).toContain(fingerprint);
    expect((await run("trust", "remove", fingerprint.slice(0, 12))).status).toBe(0);
    expect((await run("verify", folder)).status).toBe(1);
    expect((await run("trust", "remove", "Lab")).status).toBe(2);
  });

  test("a pinned oldest version stops a replay of an older set", async () => {
    await sealIt("--release", "1.9.0");
    await run("trust", "add", "Lab", at("lab.pub"), "--min-version", "1.10.0");
    expect((await run("verify", folder)).stdout).toMatch(/✗ 16 .*\n.*version 1\.9\.0 is older than 1\.10\.0/);
    expect(await run("inspect", folder, "--require-seal")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("check 16"),
    });
  });

  test("a damaged trust file, and a stored key under another fingerprint, are errors", async () => {
    await run("trust", "add", "Lab", at("lab.pub"));
    const path = at("config", "trust.json");
    const store = JSON.parse(readFileSync(path, "utf8"));
    store.pins[0].fingerprint = "0".repeat(64);
    writeFileSync(path, JSON.stringify(store));
    expect((await run("trust", "list")).status).toBe(2);
    writeFileSync(path, "{");
    expect((await run("trust", "list")).stderr).toContain("invalid trust file");
  });
});

describe("retort attest", () => {
  test("adds a statement that those who trust its signer see", async () => {
    await sealIt();
    writeFileSync(at("audit.json"), JSON.stringify({ result: "PASSED", configuration: [], passedTests: ["spectral"] }));
    expect((await run("attest", folder, "--predicate", at("audit.json"), "--key", at("other.key"))).status).toBe(0);
    const alone = await verifyIt();
    expect(alone.status).toBe(0);
    expect(alone.stdout).toMatch(/attestations\.jsonl:1 was not looked at/);
    const both = await run("verify", folder, "--key", at("lab.pub"), "--key", at("other.pub"), "--json");
    expect(JSON.parse(both.stdout).attestations).toContainEqual(
      expect.objectContaining({ predicateType: "https://in-toto.io/attestation/test-result/v0.1" }),
    );
    const path = join(folder, "retort.attestations.jsonl");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"sig":"..../, '"sig":"AAAA'));
    expect((await run("verify", folder, "--key", at("lab.pub"), "--key", at("other.pub"))).status).toBe(1);
  });

  test("refuses a wrong predicate, an unsealed and a changed folder", async () => {
    writeFileSync(at("bad.json"), JSON.stringify({ result: "fine" }));
    writeFileSync(at("audit.json"), JSON.stringify({ result: "PASSED", configuration: [] }));
    const add = (file: string) => run("attest", folder, "--predicate", at(file), "--key", at("lab.key"));
    expect((await add("bad.json")).stderr).toContain("PASSED, WARNED or FAILED");
    expect((await add("audit.json")).stderr).toContain("missing seal");
    await sealIt();
    writeFileSync(join(folder, "more"), "x");
    expect((await add("audit.json")).stderr).toContain("more differs");
  });
});

describe("--require-seal", () => {
  test("opens a sealed set and nothing else, in every command that opens one", async () => {
    for (const words of [
      ["inspect", folder],
      ["convert", folder, at("never.npz")],
      ["diff", folder, folder],
    ])
      expect((await run(...words, "--require-seal", "--key", at("lab.pub"))).status).toBe(1);
    await sealIt();
    expect((await run("inspect", folder, "--require-seal", "--key", at("lab.pub"))).stdout).toMatch(/4 images/);
    expect(
      (await run("diff", folder, join(folder, "set.safetensors"), "--require-seal", "--key", at("lab.pub"))).status,
    ).toBe(0);
    expect((await run("convert", folder, at("gated.npz"), "--require-seal", "--key", at("other.pub"))).status).toBe(1);
    expect(existsSync(at("gated.npz"))).toBe(false);
    writeFileSync(join(folder, "set.safetensors"), setToSafetensors({ ...set, images: set.images.map((x) => 1 - x) }));
    expect(await run("inspect", folder, "--require-seal", "--key", at("lab.pub"))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("expected the signed content"),
    });
  });
});

describe("retort diff", () => {
  const write = (name: string, change: (x: number, i: number) => number) => {
    const path = at(name);
    writeFileSync(path, setToSafetensors({ ...set, images: set.images.map(change) }));
    return path;
  };

  test("says what lies between two copies and ends with 1 for editing only", async () => {
    const original = join(folder, "set.safetensors");
    expect(
      await run(
        "diff",
        original,
        write("same.safetensors", (x) => x),
      ),
    ).toMatchObject({ status: 0, stdout: expect.stringContaining("SAME TENSORS") });
    expect(
      await run(
        "diff",
        original,
        write("eight.safetensors", (x) => Math.round(x * 255) / 255),
      ),
    ).toMatchObject({ status: 0, stdout: expect.stringContaining("RE-ENCODING") });
    const edited = write("edited.safetensors", (x, i) => (i === 13 ? 1 : x));
    const found = await run("diff", original, edited, "--html", at("d.html"), "--sheet", at("d.png"));
    expect(found).toMatchObject({ status: 1, stdout: expect.stringContaining("image 1: class 0, edited") });
    expect(readFileSync(at("d.png")).subarray(1, 4).toString()).toBe("PNG");
    const html = readFileSync(at("d.html"), "utf8");
    expect(html).toMatch(/Content-Security-Policy" content="default-src &#39;none&#39;/);
    expect(html).not.toMatch(/<script|https?:\/\//);
    const json = JSON.parse((await run("diff", original, edited, "--json")).stdout);
    expect(json).toMatchObject({ verdict: "editing", suspicious: true, heat: { height: 2, width: 2 } });
  });
});

test("a set in a run folder takes its configuration, inputs and metrics into the provenance", async () => {
  const description = {
    command: "distill",
    config: { method: "DM", network: "ConvNet", seed: 3, ipc: 2 },
    data: { train: "ab".repeat(32) },
    versions: versions("cpu", 1),
  };
  const made = await openRun(at("run"), description);
  await made.writeJson("metrics.json", { cta: 0.5 });
  mkdirSync(at("run", "set"));
  writeFileSync(at("run", "set", "set.safetensors"), setToSafetensors({ ...set, metadata: {} }));
  expect((await run("seal", at("run", "set"), "--key", at("lab.key"))).status).toBe(0);
  const payload = (name: string) =>
    JSON.parse(
      Buffer.from(JSON.parse(readFileSync(at("run", "set", name), "utf8")).dsseEnvelope.payload, "base64").toString(),
    );
  const { predicateType, predicate } = payload("retort.provenance.json");
  expect(predicateType).toBe("https://slsa.dev/provenance/v1");
  expect(predicate.buildDefinition).toMatchObject({
    externalParameters: { command: "distill", config: description.config, publication: { version: "1.0.0" } },
    resolvedDependencies: [{ name: "train", digest: { sha256: description.data.train } }],
  });
  expect(JSON.parse(Buffer.from(predicate.runDetails.byproducts[0].content, "base64").toString())).toEqual({
    cta: 0.5,
  });
  expect(payload("retort.tensors.json").predicate).toMatchObject({ method: "DM", network: "ConvNet", seeds: [3] });
  expect(await run("seal", folder, "--key", at("lab.key"), "--run", folder)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("run folder"),
  });
});

test("an interrupted sealing is completed on request", async () => {
  await sealIt();
  cpSync(folder, at("half"), { recursive: true });
  mkdirSync(at("half", ".retort-seal", "commit"), { recursive: true });
  renameSync(at("half", "model.sig"), at("half", ".retort-seal", "commit", "model.sig"));
  const pending = await run("verify", at("half"), "--key", at("lab.pub"));
  expect(pending).toMatchObject({ status: 0, stdout: expect.stringContaining("interrupted after its commit") });
  expect((await run("seal", at("half"), "--finish")).stdout).toContain("completed");
  expect(existsSync(at("half", ".retort-seal"))).toBe(false);
  expect((await run("verify", at("half"), "--key", at("lab.pub"))).status).toBe(0);
});
