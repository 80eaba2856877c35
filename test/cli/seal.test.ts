import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { openRun } from "../../src/run/Run.ts";
import { versions } from "../../src/run/versions.ts";
import { skip } from "../skip.ts";
import { publisher, run, set } from "./publisher.ts";

const desk = publisher();
const { at, sealIt, verifyIt } = desk;

describe("retort keygen", () => {
  test("writes a private key for its owner alone and never overwrites one", async () => {
    expect(statSync(at("lab.key")).mode & 0o777).toBe(0o600);
    expect(readFileSync(at("lab.key"), "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    const again = await run("keygen", at("lab"));
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("lab.key");
  });

  test("leaves no half of a pair, and makes the folder", async () => {
    writeFileSync(at("half.pub"), "somebody's");
    expect(await run("keygen", at("half"))).toMatchObject({ status: 2, stderr: expect.stringContaining("half.pub") });
    expect([existsSync(at("half.key")), readFileSync(at("half.pub"), "utf8")]).toEqual([false, "somebody's"]);
    expect((await run("keygen", at("new", "deep", "lab"))).status).toBe(0);
    expect(existsSync(at("new", "deep", "lab.pub"))).toBe(true);
  });

  test("encrypts with a passphrase; sealing needs it", async () => {
    writeFileSync(at("phrase"), "correct horse\n");
    writeFileSync(at("wrong"), "battery\n");
    expect((await run("keygen", at("locked"), "--passphrase-file", at("phrase"))).status).toBe(0);
    expect(readFileSync(at("locked.key"), "utf8")).toContain("ENCRYPTED PRIVATE KEY");
    const locked = (...more: string[]) => run("seal", desk.folder, "--key", at("locked.key"), ...more);
    expect(await locked()).toMatchObject({ status: 2, stderr: expect.stringContaining("missing passphrase") });
    expect(await locked("--passphrase-file", at("wrong"))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("does not open it"),
    });
    expect((await locked("--passphrase-file", at("phrase"))).status).toBe(0);
    expect((await run("verify", desk.folder, "--key", at("locked.pub"))).status).toBe(0);
  });

  test.each([
    ["seal", "FOLDER", "k.pem", "missing key", "k.pem.key"],
    ["seal", "FOLDER", "k", "missing key", "k.key"],
    ["seal", "FOLDER", "k.pem.pub", "expected a private key, got a public one", "k.pem.key"],
    ["verify", "FOLDER", "k.pem", "missing key", "k.pem.pub"],
    ["verify", "FOLDER", "k.key", "got a private one", "k.pub"],
  ])("%s %s --key %s: the other name of a pair is named", async (command, _, key, fault, meant) => {
    for (const name of ["k", "k.pem"]) await run("keygen", at(name));
    const { status, stderr } = await run(command, desk.folder, "--key", at(key));
    expect([status, stderr.split("\n")]).toEqual([2, [expect.stringContaining(fault), ""]]);
    expect(stderr).toContain(`; did you mean ${at(meant)}?`);
  });
});

describe("retort seal and verify", () => {
  test("a trusted root that is none is a mistake of the receiver, not a fault of the seal", async () => {
    await sealIt();
    for (const text of ["[]", "{}", '{"mediaType":"application/json"}', "7"]) {
      writeFileSync(at("root.json"), text);
      const named = ["--identity", "a@b.org", "--issuer", "https://c.org", "--trusted-root", at("root.json")];
      const { status, stderr } = await run("verify", desk.folder, ...named);
      expect([text, status, stderr]).toEqual([text, 2, expect.stringContaining("invalid trusted root")]);
    }
  });

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
        JSON.parse(readFileSync(join(desk.folder, "retort.tensors.json"), "utf8")).dsseEnvelope.payload,
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
    writeFileSync(
      join(desk.folder, "set.safetensors"),
      setToSafetensors({ ...set, images: set.images.map((x) => 1 - x) }),
    );
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
    const nobody = await run("verify", desk.folder);
    expect(nobody.status).toBe(1);
    expect(nobody.stdout).not.toMatch(/^VERIFIED/m);
    copyFileSync(at("lab.pub"), join(desk.folder, "publisher.pub"));
    const beside = await run("verify", desk.folder, "--key", join(desk.folder, "publisher.pub"));
    expect(beside).toMatchObject({ status: 2, stderr: expect.stringContaining("beside the data") });
    expect((await run("verify", desk.folder, "--key", at("lab.key"))).stderr).toContain("got a private one");
    expect((await run("verify", desk.folder, "--key", at("other.pub"))).status).toBe(1);
  });

  test("errors end with 2: no path, no key, unknown content, an empty folder", async () => {
    expect(await run("seal", at("none"), "--key", at("lab.key"))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("missing path"),
    });
    expect(await run("seal", desk.folder)).toMatchObject({ status: 2, stderr: expect.stringContaining("missing key") });
    writeFileSync(join(desk.folder, "set.safetensors"), "text");
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
    const [card, described] = ["README.md", "croissant.json"].map((name) =>
      readFileSync(join(desk.folder, name), "utf8"),
    );
    expect(JSON.parse((await sealIt("--json")).stdout).date).toBe("2026-01-02");
    expect(readFileSync(join(desk.folder, "README.md"), "utf8")).toBe(card);
    expect(readFileSync(join(desk.folder, "croissant.json"), "utf8")).toBe(described);
    expect(
      JSON.parse((await run("seal", desk.folder, "--key", at("lab.key"), "--release", "1.1.0", "--json")).stdout)
        .version,
    ).toBe("1.1.0");
    expect(JSON.parse(readFileSync(join(desk.folder, "croissant.json"), "utf8"))).toMatchObject({
      version: "1.1.0",
      url: "https://example.org/set",
      creator: { name: "Lab" },
    });
    expect((await verifyIt("--expect-version", "1.1.0")).status).toBe(0);
    expect((await verifyIt("--min-version", "1.2.0")).stdout).toMatch(/older than 1\.2\.0/);
    writeFileSync(join(desk.folder, "README.md"), "# My own card\n");
    expect((await verifyIt()).status).toBe(1);
    await run("seal", desk.folder, "--key", at("other.key"));
    expect(readFileSync(join(desk.folder, "README.md"), "utf8")).toBe("# My own card\n");
    expect((await run("verify", desk.folder, "--key", at("other.pub"))).status).toBe(0);
    expect((await verifyIt()).status).toBe(1);
  });

  const root = process.getuid?.() === 0;
  if (root) console.log("seal: the read-only folder is skipped, root may write everywhere");
  test.skipIf(skip(root, "the superuser may write everywhere"))(
    "a read-only folder is refused with a way out",
    async () => {
      chmodSync(desk.folder, 0o555);
      expect(await sealIt()).toMatchObject({ status: 2, stderr: expect.stringContaining("--out") });
      chmodSync(desk.folder, 0o755);
    },
  );

  test("a seal outside of the folder", async () => {
    expect((await sealIt("--out", at("detached"))).status).toBe(0);
    expect(existsSync(join(desk.folder, "model.sig"))).toBe(false);
    expect((await verifyIt("--signature", at("detached", "model.sig"))).status).toBe(0);
    writeFileSync(join(desk.folder, "more"), "x");
    expect((await verifyIt("--signature", at("detached", "model.sig"))).status).toBe(1);
  });

  test("a re-encoded copy is checked by its tensors", async () => {
    await sealIt();
    const copy = at("copy.npz");
    await run("convert", desk.folder, copy, "--force");
    const check = (path: string) =>
      run("verify", path, "--tensors", join(desk.folder, "retort.tensors.json"), "--key", at("lab.pub"));
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
    writeFileSync(join(desk.folder, "\u001b[31mred"), "x");
    const found = await verifyIt();
    expect(found.status).toBe(1);
    expect(found.stdout).not.toContain("\u001b");
  });

  test("a set that says it was attacked is shown as such", async () => {
    writeFileSync(
      join(desk.folder, "set.safetensors"),
      setToSafetensors({ ...set, metadata: { tampered: { attack: "badnets" } } }),
    );
    await sealIt();
    expect((await verifyIt("--deep")).stdout).toMatch(/backdoored: .*badnets/);
    expect((await verifyIt()).stdout).toMatch(/backdoored/);
    expect(readFileSync(join(desk.folder, "README.md"), "utf8")).toMatch(/deliberately backdoored/);
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
  expect(await run("seal", desk.folder, "--key", at("lab.key"), "--run", desk.folder)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("run folder"),
  });
});

test("an interrupted sealing is completed on request", async () => {
  await sealIt();
  cpSync(desk.folder, at("half"), { recursive: true });
  mkdirSync(at("half", ".retort-seal", "commit"), { recursive: true });
  renameSync(at("half", "model.sig"), at("half", ".retort-seal", "commit", "model.sig"));
  const pending = await run("verify", at("half"), "--key", at("lab.pub"));
  expect(pending).toMatchObject({ status: 0, stdout: expect.stringContaining("interrupted after its commit") });
  expect((await run("seal", at("half"), "--finish")).stdout).toContain("completed");
  expect(existsSync(at("half", ".retort-seal"))).toBe(false);
  expect((await run("verify", at("half"), "--key", at("lab.pub"))).status).toBe(0);
});
