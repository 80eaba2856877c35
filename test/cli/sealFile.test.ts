import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { greyPng } from "../formats/pictureFixtures.ts";
import { checkSarif } from "../seal/sarifRules.ts";
import { publisher, run, set } from "./publisher.ts";

const desk = publisher();
const { at, sealIt, verifyIt } = desk;
const file = () => join(desk.folder, "set.safetensors");
const sealFile = (...more: string[]) => run("seal", file(), "--key", at("lab.key"), ...more);

describe("a single file", () => {
  test("is sealed beside itself and verified from there, under any name with --signature", async () => {
    const made = await sealFile("--json");
    expect(JSON.parse(made.stdout)).toMatchObject({
      folder: `${file()}.seal`,
      files: ["retort.provenance.json", "retort.tensors.json", "model.sig"],
      signed: 1,
      set: { format: "safetensors", files: ["set.safetensors"] },
      unread: [],
    });
    expect((await run("verify", file(), "--key", at("lab.pub"), "--deep")).status).toBe(0);
    const moved = at("copy.st");
    copyFileSync(file(), moved);
    for (const signature of [`${file()}.seal/model.sig`, `${file()}.seal`]) {
      const found = await run("verify", moved, "--signature", signature, "--key", at("lab.pub"));
      expect(found.status).toBe(0);
      expect(found.stdout).toMatch(/one file, "set\.safetensors", sealed alone/);
    }
    expect(await run("verify", moved, "--key", at("lab.pub"))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("no seal: give the one of this file with --signature"),
    });
    appendFileSync(moved, "x");
    expect((await run("verify", moved, "--signature", `${file()}.seal`, "--key", at("lab.pub"))).status).toBe(1);
  });

  test('is what the convention calls ".", and goes through the gate', async () => {
    await sealFile("--out", at("seals"));
    const bundle = JSON.parse(readFileSync(at("seals/model.sig"), "utf8"));
    const { subject, predicate } = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64").toString());
    expect(subject[0].name).toBe("set.safetensors");
    expect(predicate.resources).toEqual([{ name: ".", algorithm: "sha256", digest: expect.any(String) }]);
    expect((await run("verify", file(), "--signature", at("seals/model.sig"), "--key", at("lab.pub"))).status).toBe(0);
    const gate = () => run("inspect", file(), "--require-seal", "--key", at("lab.pub"));
    expect((await gate()).status).toBe(1);
    renameSync(at("seals"), `${file()}.seal`);
    expect((await gate()).status).toBe(0);
    writeFileSync(file(), setToSafetensors({ ...set, images: set.images.map((x) => x / 2) }));
    expect((await gate()).status).toBe(1);
  });

  test("gets further statements beside its seal", async () => {
    await sealFile();
    writeFileSync(at("audit.json"), '{"result":"PASSED","configuration":[]}');
    expect((await run("attest", file(), "--predicate", at("audit.json"), "--key", at("lab.key"))).status).toBe(0);
    const { attestations } = JSON.parse((await run("verify", file(), "--key", at("lab.pub"), "--json")).stdout);
    expect(attestations).toHaveLength(3);
    const before = readFileSync(file());
    for (const out of [file(), at("audit.json"), at("lab.key")]) {
      const words = ["attest", file(), "--predicate", at("audit.json"), "--key", at("lab.key"), "--out", out];
      expect(await run(...words)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^[^\n]*invalid file[^\n]*\n$/),
      });
    }
    expect(readFileSync(file()).equals(before)).toBe(true);
  });

  test("and the folder that it lies in are two seals; one does not pass for the other", async () => {
    await sealIt();
    const signature = join(desk.folder, "model.sig");
    const found = await run("verify", file(), "--signature", signature, "--key", at("lab.pub"));
    expect(found).toMatchObject({ status: 1, stdout: expect.stringContaining("verify the folder, not a file of it") });
    rmSync(join(desk.folder, "croissant.json"));
    await sealFile("--out", at("lone"));
    expect((await run("verify", desk.folder, "--signature", at("lone"), "--key", at("lab.pub"))).status).toBe(1);
  });
});

describe("seal says what it signs", () => {
  test("files that were not read, and what in them would run code", async () => {
    const evil = Buffer.from("cos\nsystem\n(S'true'\ntR.");
    writeFileSync(join(desk.folder, "notes.txt"), "classes\nfoo\nbar\n.");
    mkdirSync(join(desk.folder, "deep"));
    // One that begins like a text, one behind a marker, one hidden.
    writeFileSync(join(desk.folder, "deep", "thumbs.db"), evil);
    writeFileSync(join(desk.folder, ".cache"), Buffer.concat([Buffer.from([0x80, 2]), evil]));
    const made = await sealIt("--no-tensors");
    expect(made.status).toBe(0);
    expect(made.stderr).toContain(
      "signed along without having been read, 4 files: .cache, deep/thumbs.db, notes.txt, set.safetensors",
    );
    for (const name of ["deep/thumbs.db", ".cache"])
      expect(made.stderr).toContain(`warning: ${name} is DANGEROUS and is signed along: it names os.system`);
    expect(made.stderr).not.toContain("notes.txt is DANGEROUS");
  });

  test("a file that was only scanned is no part of the set", async () => {
    rmSync(file());
    for (const name of ["a", "b"]) {
      mkdirSync(join(desk.folder, name));
      writeFileSync(join(desk.folder, name, "0.png"), greyPng(8, 9));
    }
    writeFileSync(join(desk.folder, "LIESMICH"), "cos\nsystem\n(S'true'\ntR.");
    const { stderr } = await sealIt();
    expect(stderr).toContain("the set: 2 files read as imageFolder (a/0.png, b/0.png)");
    expect(stderr).toContain("signed along without having been read, 1 file: LIESMICH");
    expect(stderr).toContain("LIESMICH is DANGEROUS");
  });

  test("what it took as the set, and that the set says of itself that it was attacked", async () => {
    rmSync(file());
    mkdirSync(join(desk.folder, "more"));
    writeFileSync(file(), setToSafetensors({ ...set, metadata: { tampered: { attack: "badNets" } } }));
    const { stderr } = await sealFile();
    expect(stderr).toContain("the set: 1 file read as safetensors (set.safetensors)");
    expect(stderr.match(/says of itself/g)).toHaveLength(1);
    expect(stderr).toContain(
      'warning: The set says of itself that it was backdoored: tampered = {"attack":"badNets"}.',
    );
  });
});

describe("--normalisation", () => {
  test("says what the file leaves open; the card has it", async () => {
    writeFileSync(file(), setToSafetensors({ ...set, normalisation: { kind: "unknown" } }));
    expect((await sealIt("--normalisation", "cifar-10")).status).toBe(0);
    expect(readFileSync(join(desk.folder, "README.md"), "utf8")).toContain("cifar-10");
    expect((await verifyIt()).status).toBe(0);
  });

  test("is refused where the file says another", async () => {
    expect(await sealIt("--normalisation", "cifar-10")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        "the file says that its normalisation is unit, and --normalisation says cifar-10",
      ),
    });
    expect((await sealIt("--normalisation", "unit")).status).toBe(0);
    expect(await sealIt("--normalisation", "cifar10x")).toMatchObject({ status: 2 });
  });
});

describe("versions", () => {
  test("are semantic ones, and never go back", async () => {
    expect(await sealIt("--release", "banana")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("invalid --release: expected a semantic version"),
    });
    expect(existsSync(join(desk.folder, "model.sig"))).toBe(false);
    expect((await sealIt("--release", "1.1.0")).status).toBe(0);
    const before = readFileSync(join(desk.folder, "model.sig"), "utf8");
    for (const older of ["1.0.5", "1.1.0-rc.1"])
      expect(await sealIt("--release", older)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`invalid release ${older}: expected 1.1.0 or newer, as was sealed here before`),
      });
    expect(readFileSync(join(desk.folder, "model.sig"), "utf8")).toBe(before);
    expect(await sealIt("--release", "1.0.5", "--force")).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("version 1.0.5 takes the place of 1.1.0, which is newer"),
    });
    expect((await verifyIt("--min-version", "1.1.0")).status).toBe(1);
    expect((await verifyIt("--min-version", "1.0.0")).status).toBe(0);
    for (const words of [
      ["verify", desk.folder],
      ["trust", "add", "Lab", at("lab.pub")],
    ])
      expect(await run(...words, "--min-version", "banana")).toMatchObject({ status: 2 });
  });

  test("hold for detached seals too; other files under a known version are said", async () => {
    const there = (...more: string[]) => sealIt("--out", at("detached"), ...more);
    expect((await there("--release", "2.0.0")).status).toBe(0);
    expect((await there("--release", "1.9.9")).status).toBe(2);
    expect((await there()).stderr).not.toContain("was sealed before");
    writeFileSync(file(), setToSafetensors({ ...set, images: set.images.map((x) => x / 2) }));
    const again = await there();
    expect(again.stderr).toContain("version 2.0.0 was sealed before with other files");
    expect(again.stdout).toContain("version 2.0.0");
  });
});

describe("--sarif", () => {
  /** A repository with the set two folders down; the path as a person writes it, from anywhere. */
  async function placed(path: string, ...more: string[]) {
    const out = join(desk.folder, "made", "for", "it", "out.sarif");
    const { status } = await run("verify", path, "--key", at("lab.pub"), "--sarif", out, ...more);
    const document = readFileSync(out, "utf8");
    checkSarif(document);
    rmSync(join(desk.folder, "made"), { recursive: true });
    const [{ results, invocations }] = JSON.parse(document).runs;
    const uris = results.map(
      (result: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        result.locations[0].physicalLocation.artifactLocation.uri,
    );
    return { status, uris, invocation: invocations[0] };
  }

  test("places every file relative to the repository, wherever the command runs", async () => {
    const repository = join(desk.folder, "repo");
    const inner = join(repository, "data", "my set");
    mkdirSync(join(repository, ".git"), { recursive: true });
    mkdirSync(inner, { recursive: true });
    renameSync(file(), join(inner, "set.safetensors"));
    await run("seal", inner, "--key", at("lab.key"));
    writeFileSync(join(inner, "set.safetensors"), "changed");
    writeFileSync(join(inner, "more#1.txt"), "more");
    expect(await placed(inner)).toMatchObject({
      status: 1,
      uris: ["data/my%20set/set.safetensors", "data/my%20set/more%231.txt"],
      invocation: { executionSuccessful: true, exitCode: 1 },
    });
    // One file; outside any repository; the root itself.
    await run("seal", join(inner, "more#1.txt"), "--key", at("lab.key"), "--no-tensors");
    appendFileSync(join(inner, "more#1.txt"), "x");
    expect(await placed(join(inner, "more#1.txt"))).toMatchObject({ uris: ["data/my%20set/more%231.txt"] });
    rmSync(join(repository, ".git"), { recursive: true });
    expect((await placed(inner)).uris).toContain("my%20set/set.safetensors");
    mkdirSync(join(inner, ".git"));
    expect((await placed(inner)).uris).toContain("set.safetensors");
  });

  test("is written where nothing could be verified, and says why", async () => {
    const found = await placed(join(desk.folder, "none"));
    expect(found).toMatchObject({ status: 2, uris: [], invocation: { executionSuccessful: false, exitCode: 2 } });
    expect(found.invocation.toolExecutionNotifications[0].message.text).toMatch(/missing|no such/i);
  });
});
