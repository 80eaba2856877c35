import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { publisher, run, set } from "./publisher.ts";

const desk = publisher();
const { at, sealIt, verifyIt } = desk;

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
    expect((await run("verify", desk.folder)).stdout).toMatch(/VERIFIED .*sealed by Lab/);
    expect((await run("verify", desk.folder, "--publisher", "Lab")).status).toBe(0);
    expect((await run("verify", desk.folder, "--publisher", "Somebody")).status).toBe(1);
    expect((await run("verify", desk.folder, "--key", at("other.pub"), "--publisher", "Lab")).status).toBe(1);
    expect((await run("trust", "list")).stdout).toContain(fingerprint);
    expect((await run("trust", "remove", fingerprint.slice(0, 12))).status).toBe(0);
    expect((await run("verify", desk.folder)).status).toBe(1);
    expect((await run("trust", "remove", "Lab")).status).toBe(2);
  });

  test("a pinned oldest version stops a replay of an older set", async () => {
    await sealIt("--release", "1.9.0");
    await run("trust", "add", "Lab", at("lab.pub"), "--min-version", "1.10.0");
    expect((await run("verify", desk.folder)).stdout).toMatch(/✗ 16 .*\n.*version 1\.9\.0 is older than 1\.10\.0/);
    expect(await run("inspect", desk.folder, "--require-seal")).toMatchObject({
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
    expect((await run("attest", desk.folder, "--predicate", at("audit.json"), "--key", at("other.key"))).status).toBe(
      0,
    );
    const alone = await verifyIt();
    expect(alone.status).toBe(0);
    expect(alone.stdout).toMatch(/attestations\.jsonl:1 was not looked at/);
    const both = await run("verify", desk.folder, "--key", at("lab.pub"), "--key", at("other.pub"), "--json");
    expect(JSON.parse(both.stdout).attestations).toContainEqual(
      expect.objectContaining({ predicateType: "https://in-toto.io/attestation/test-result/v0.1" }),
    );
    const path = join(desk.folder, "retort.attestations.jsonl");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"sig":"..../, '"sig":"AAAA'));
    expect((await run("verify", desk.folder, "--key", at("lab.pub"), "--key", at("other.pub"))).status).toBe(1);
  });

  test("refuses a wrong predicate, an unsealed and a changed folder", async () => {
    writeFileSync(at("bad.json"), JSON.stringify({ result: "fine" }));
    writeFileSync(at("audit.json"), JSON.stringify({ result: "PASSED", configuration: [] }));
    const add = (file: string) => run("attest", desk.folder, "--predicate", at(file), "--key", at("lab.key"));
    expect((await add("bad.json")).stderr).toContain("PASSED, WARNED or FAILED");
    expect((await add("audit.json")).stderr).toContain("missing seal");
    await sealIt();
    writeFileSync(join(desk.folder, "more"), "x");
    expect((await add("audit.json")).stderr).toContain("more differs");
  });
});

describe("--require-seal", () => {
  test("opens a sealed set and nothing else, in every command that opens one", async () => {
    for (const words of [
      ["inspect", desk.folder],
      ["convert", desk.folder, at("never.npz")],
      ["diff", desk.folder, desk.folder],
    ])
      expect((await run(...words, "--require-seal", "--key", at("lab.pub"))).status).toBe(1);
    await sealIt();
    expect((await run("inspect", desk.folder, "--require-seal", "--key", at("lab.pub"))).stdout).toMatch(/4 images/);
    expect(
      (await run("diff", desk.folder, join(desk.folder, "set.safetensors"), "--require-seal", "--key", at("lab.pub")))
        .status,
    ).toBe(0);
    expect(
      (await run("convert", desk.folder, at("gated.npz"), "--require-seal", "--key", at("other.pub"))).status,
    ).toBe(1);
    expect(existsSync(at("gated.npz"))).toBe(false);
    writeFileSync(
      join(desk.folder, "set.safetensors"),
      setToSafetensors({ ...set, images: set.images.map((x) => 1 - x) }),
    );
    expect(await run("inspect", desk.folder, "--require-seal", "--key", at("lab.pub"))).toMatchObject({
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
    const original = join(desk.folder, "set.safetensors");
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
    expect(html).toMatch(/Content-Security-Policy" content="default-src 'none'/);
    expect(html).not.toMatch(/<script|https?:\/\//);
    const json = JSON.parse((await run("diff", original, edited, "--json")).stdout);
    expect(json).toMatchObject({ verdict: "editing", suspicious: true, heat: { height: 2, width: 2 } });
  });
});
