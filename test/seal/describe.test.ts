import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { digestTensors } from "../../src/data/tensorDigests.ts";
import { croissant, type Description, readCroissant } from "../../src/seal/croissant.ts";
import { datasetCard } from "../../src/seal/datasetCard.ts";
import { makeSeal } from "../../src/seal/makeSeal.ts";
import { provenancePredicate } from "../../src/seal/provenance.ts";
import { checkTensors, tensorsPredicate } from "../../src/seal/tensors.ts";
import { brokenCroissantRules } from "./croissantRules.ts";
import { bytes, classFolder, type Files, folder, keyPair, sealed, sealOptions, tinySet } from "./fixture.ts";

const full: Description = {
  name: "tiny | set",
  version: "1.2.3",
  date: "2026-05-04",
  license: "CC-BY-4.0",
  creator: "Lab *of* <b>Tests</b>",
  url: "https://example.org/tiny",
  derivedFrom: ["cifar-10"],
  facts: { method: "DM", network: "ConvNet", seeds: [0, 1], cta: { value: 0.65, tolerance: 0.02, network: "ConvNet" } },
};
const bare: Description = { name: "x", version: "1.0.0", date: "2026-05-04", derivedFrom: [], facts: {} };
const resources = (files: Files) =>
  [...files].map(([name, content]) => ({
    name,
    size: content.length,
    digest: createHash("sha256").update(content).digest("hex"),
  }));
const many: Files = new Map(Array.from({ length: 200 }, (_, i) => [`part ${i}.bin`, bytes("x")]));

describe("croissant.json", () => {
  test.each<[string, Description, Files, boolean]>([
    ["a class folder", full, classFolder(), true],
    ["one file, nothing stated", bare, new Map([["set.safetensors", bytes("x")]]), true],
    ["unreadable files", bare, new Map([["a b/ü.dat", bytes("x")]]), false],
    ["many files", full, many, true],
  ])("of %s keeps the rules of the vocabulary", (_, description, files, readable) => {
    const document = JSON.parse(croissant(description, resources(files), readable ? tinySet : undefined));
    expect(brokenCroissantRules(document)).toEqual([]);
    expect(document["rai:hasSyntheticData"]).toBe(true);
  });

  test("the rules would notice", () => {
    const document = JSON.parse(croissant(full, resources(classFolder()), tinySet));
    for (const name of ["name", "license", "url", "creator", "datePublished", "distribution", "conformsTo", "@type"])
      expect(brokenCroissantRules({ ...document, [name]: undefined }), name).not.toEqual([]);
  });

  test("says where the set came from, and is read back for the next seal", () => {
    const text = croissant(full, resources(classFolder()), tinySet);
    expect(JSON.parse(text)["prov:wasDerivedFrom"]).toEqual([{ "@type": "prov:Entity", name: "cifar-10" }]);
    expect(readCroissant(text)).toMatchObject({
      generated: true,
      version: "1.2.3",
      creator: full.creator,
      url: full.url,
    });
    expect(readCroissant(croissant(bare, [], tinySet))).toMatchObject({
      creator: undefined,
      license: undefined,
      url: undefined,
    });
    expect(readCroissant('{"name":"mine"}').generated).toBe(false);
    expect(readCroissant("not JSON").generated).toBe(false);
  });
});

describe("the dataset card", () => {
  test("has front matter that hubs read, and no markup from names", () => {
    const card = datasetCard(full, tinySet);
    expect(parse(card.split("---")[1])).toMatchObject({
      license: "cc-by-4.0",
      pretty_name: "tiny | set",
      task_categories: ["image-classification"],
    });
    expect(card).toContain("| Stated accuracy | 65.0 % ± 2.0 % (ConvNet) |");
    expect(card).toContain("Lab \\*of\\* \\<b\\>Tests\\</b\\>");
    expect(datasetCard(bare)).not.toContain("undefined");
  });
});

describe("tensor digests", () => {
  test("can be made by anybody: header line, then little-endian values", () => {
    const [images, labels] = digestTensors(tinySet).tensors;
    const sha = (head: string, data: ArrayBufferView) =>
      createHash("sha256")
        .update(head)
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        .digest("hex");
    expect(images.sha256).toBe(sha('{"dtype":"float32","shape":[4,3,2,2]}\n', tinySet.images));
    expect(labels.sha256).toBe(sha('{"dtype":"int32","shape":[4]}\n', Int32Array.of(0, 0, 1, 1)));
  });

  test("differ for any value, label or shape, and know a mere change of order", () => {
    const predicate = tensorsPredicate(tinySet, "safetensors", {});
    expect(checkTensors(tinySet, predicate)).toContain("images float32");
    const images = tinySet.images.slice();
    images[7] += 1e-7;
    expect(() => checkTensors({ ...tinySet, images }, predicate)).toThrow(/images .* other values/);
    expect(() =>
      checkTensors({ ...tinySet, labels: { kind: "hard", classes: Int32Array.of(0, 1, 0, 1) } }, predicate),
    ).toThrow(/labels .* other values/);
    expect(() => checkTensors({ ...tinySet, shape: [4, 1, 6, 2] }, predicate)).toThrow(
      /signed was float32 \[4,3,2,2\]/,
    );
    const order = [2, 3, 0, 1];
    const shuffled = {
      ...tinySet,
      images: Float32Array.from(order.flatMap((i) => [...tinySet.images.subarray(i * 12, (i + 1) * 12)])),
      labels: { kind: "hard" as const, classes: Int32Array.of(1, 1, 0, 0) },
    };
    expect(() => checkTensors(shuffled, predicate)).toThrow(/another order/);
    expect(() => checkTensors(tinySet, { tensors: "x" })).toThrow(/expected an array/);
  });
});

test("what whitened a set is sealed with it, the matrices aside", () => {
  const fit = { data: "cd".repeat(32), epsilon: 0.1 };
  const nothing = new Float32Array(0);
  const whitening = { mean: nothing, matrix: nothing, inverse: nothing };
  const predicate = tensorsPredicate(
    { ...tinySet, normalisation: { kind: "zca", name: "cifar-10", fit, whitening } },
    "safetensors",
    {},
  );
  expect(predicate.normalisation).toEqual({ kind: "zca", name: "cifar-10", fit });
});

test("provenance follows SLSA v1: definition, dependencies, builder, version and date", () => {
  const run = {
    command: "distill",
    config: { method: "DM", ipc: 10 },
    data: { train: "ab".repeat(32) },
    versions: { retort: "0.1.0", threads: 2 },
    metrics: { cta: 0.5 },
  };
  const predicate = provenancePredicate({
    publication: { version: "1.0.0", date: "2026-05-04" },
    run,
    tool: { version: "0.1.0", node: "20" },
    replaces: { "model.sig": null },
  });
  expect(predicate.buildDefinition).toMatchObject({
    buildType: expect.stringMatching(/^[a-z]+:/),
    externalParameters: { config: run.config, publication: { version: "1.0.0" } },
    resolvedDependencies: [{ name: "train", digest: { sha256: run.data.train } }],
  });
  expect(predicate.runDetails.builder.version).toEqual({ retort: "0.1.0", threads: "2", sealedBy: "0.1.0" });
  expect(predicate.runDetails.byproducts?.[0].mediaType).toBe("application/json");
});

describe("makeSeal", () => {
  const { sealer } = keyPair();
  test("refuses links, special files, names that others cannot map, and says which", async () => {
    const plain = folder(classFolder());
    await expect(makeSeal({ ...plain, links: ["0/link"] }, sealOptions(sealer))).rejects.toThrow(/0\/link/);
    await expect(makeSeal({ ...plain, specials: ["pipe"] }, sealOptions(sealer))).rejects.toThrow(/pipe/);
    await expect(makeSeal(folder(new Map([["a\\b", bytes("x")]])), sealOptions(sealer))).rejects.toThrow(/backslash/);
    await expect(makeSeal(folder(classFolder()), sealOptions(sealer, { ignore: ["../x"] }))).rejects.toThrow(
      /component \.\./,
    );
  });

  test("leaves out git's files at the top and what the user names, nothing else", async () => {
    const files = classFolder()
      .set(".git/config", bytes("x"))
      .set("0/.gitignore", bytes("x"))
      .set("draft/a", bytes("x"))
      .set("drafts", bytes("x"));
    const made = await makeSeal(
      { ...folder(files), links: [".git/link", "draft/link"] },
      sealOptions(sealer, { ignore: ["draft"] }),
    );
    const names = made.manifest.resources.map((resource) => resource.name);
    expect(names).toContain("0/.gitignore");
    expect(names).toContain("drafts");
    expect(names.some((name) => /^(\.git|draft)\//.test(name))).toBe(false);
  });

  test("warns of names that are one file elsewhere and of what is not stated", async () => {
    const { warnings } = await makeSeal(folder(classFolder().set("0/0.PNG", bytes("x"))), sealOptions(sealer));
    expect(warnings.join("\n")).toMatch(/no license, no creator, no url[\s\S]*0\/0\.PNG and 0\/0\.png are one file/);
  });

  test("same folder, same statement, whatever order the disk lists it in", async () => {
    const reversed = new Map([...classFolder()].reverse());
    const statement = (files: Files) =>
      Buffer.from(
        JSON.parse(new TextDecoder().decode(files.get("model.sig"))).dsseEnvelope.payload,
        "base64",
      ).toString();
    expect(statement(await sealed(reversed, sealer))).toBe(statement(await sealed(classFolder(), sealer)));
  });
});
