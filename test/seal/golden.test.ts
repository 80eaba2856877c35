import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../src/formats/memorySource.ts";
import { loadCertificates } from "../../src/seal/certificates.ts";
import { folderOf } from "../../src/seal/Folder.ts";
import { type Trust, trustKey } from "../../src/seal/Trust.ts";
import { verifySeal } from "../../src/seal/verifySeal.ts";

interface Golden {
  readonly files: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly roots: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly name: string;
    readonly bundle: string;
    readonly expect: string;
    readonly message: string;
    readonly trust: string;
  }[];
}

/** Bundles built by golden/make.py from the text of the convention; nothing of Retort took part. */
const golden = JSON.parse(readFileSync(new URL("golden/golden.json", import.meta.url), "utf8")) as Golden;

function trustOf(name: string): Trust {
  return name in golden.roots
    ? { kind: "certificates", roots: loadCertificates(golden.roots[name]) }
    : { kind: "keys", keys: [trustKey(golden.keys[name])] };
}

function folderWith(bundle: string) {
  const files = Object.entries(golden.files).map(([name, text]) => [name, Buffer.from(text, "base64")] as const);
  return folderOf(memoryFolder(new Map([...files, ["model.sig", Buffer.from(bundle)]]), "golden"));
}

describe("golden bundles", () => {
  test.each(golden.cases)("$name → $expect", async ({ bundle, expect: expected, message, trust }) => {
    const found = await verifySeal(folderWith(bundle), { trust: trustOf(trust), at: new Date("2026-06-01") });
    const failed = found.checks.filter((check) => check.status === "failed");
    if (expected === "verified") {
      expect(failed).toEqual([]);
      expect(found.verified).toBe(true);
      expect(found.fingerprint).toBe(golden.fingerprint);
    } else {
      expect(found.verified).toBe(false);
      const check = found.checks.find(({ id }) => id === expected);
      expect(check?.status, JSON.stringify(failed)).toBe("failed");
      expect(check?.message).toContain(message);
    }
  });

  test("without anyone to trust nothing verifies", async () => {
    for (const { bundle } of golden.cases) {
      const found = await verifySeal(folderWith(bundle), { trust: { kind: "none" }, at: new Date("2026-06-01") });
      expect(found.verified).toBe(false);
    }
  });
});
