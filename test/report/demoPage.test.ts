import { expect, test } from "vitest";
import { renderDemoPage } from "../../src/report/demo/demoPage.ts";
import type { DemoRecord } from "../../src/report/demo/demoRecord.ts";
import { pictures } from "../../src/report/pictures.ts";

const grey = (n: number) => pictures(new Float32Array(n * 192).fill(0.5), [n, 3, 8, 8]);
const record: DemoRecord = {
  ...{ title: "Story", command: "retort demo", versions: { retort: "1" }, seconds: 61, classNames: ["a", "<b>"] },
  set: { clean: grey(4), tampered: grey(4), difference: { amplification: 2, pictures: grey(4) }, labels: [0, 0, 1, 1] },
  ...{ raw: { pictures: grey(6), images: 6 }, distillation: "dm", seal: { fingerprint: "ab cd" } },
  attack: { title: "Stamping", source: "somebody", trigger: "square", target: "“<b>”" },
  test: { before: grey(8), after: grey(8), images: 8 },
  receivers: {
    ...{ networks: 2, width: 16, clean: { cta: 0.5, asr: 0.02 }, tampered: { cta: 0.48, asr: 0.9 } },
    repaired: { cta: 0.49, asr: 0.03 },
  },
  verification: {
    failed: [{ title: "content", message: "set.safetensors differs" }],
    difference: "A patch.",
    changed: 2,
  },
  audit: {
    ...{ verdict: "suspicious", accused: true, sentences: ["A patch.", "It holds."], seconds: 20 },
    suspect: { className: "“<b>”", images: [2, 3], patch: grey(1), place: "row 3, column 3" },
  },
  repair: {
    before: grey(2),
    after: grey(2),
    added: grey(1),
    verdict: "nothing found",
    sentences: ["None."],
    rounds: 1,
    left: false,
    residue: [],
  },
};

test("the story has six chapters with pictures, needs no script and trusts no name", () => {
  const page = renderDemoPage(record);
  for (let chapter = 1; chapter <= 6; chapter++) expect(page).toContain(`<h2>${chapter} · `);
  expect(page.match(/<img/g)?.length).toBeGreaterThan(9);
  expect(page).not.toContain("<script");
  expect(page).not.toContain("<b>”");
  expect(page).toContain("a rise of +88.0");
  expect(page).toContain("Named by the audit: image 2, 3");
  expect(renderDemoPage(record)).toBe(page);
});

test("where the audit accuses nobody the page claims no finding", () => {
  const page = renderDemoPage({ ...record, audit: { ...record.audit, verdict: "nothing found", accused: false } });
  expect(renderDemoPage(record)).toContain("found out and repaired");
  expect(page).not.toMatch(/found out|as the audit found it|Named by the audit|badge bad">nothing/);
  expect(page).toContain("6 · What is suspected most is repaired all the same");
});

test("where the audit names nothing the last chapter says so", () => {
  const { repair: _, ...without } = record;
  const { suspect: __, ...mute } = record.audit;
  const { repaired: ___, ...receivers } = record.receivers;
  const page = renderDemoPage({ ...without, audit: mute, receivers });
  expect(page).toContain("6 · Nothing is repaired");
  expect(page).not.toContain('magnified">');
});
