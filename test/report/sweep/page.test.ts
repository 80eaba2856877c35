import { createHash } from "node:crypto";
import { test as prop } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { duration } from "../../../src/page/numbers.ts";
import { cellsOf } from "../../../src/report/sweep/cells.ts";
import { renderSweepHtml } from "../../../src/report/sweep/page.ts";
import { pageScript } from "../../../src/report/sweep/pageScript.ts";
import { parts } from "../../../src/report/sweep/parts.ts";
import { sweepData } from "../../../src/report/sweep/sweepData.ts";
import { parseSweep, type SweepRecord } from "../../../src/report/sweep/sweepRecord.ts";
import { choose, initialView } from "../../../src/report/sweep/view.ts";
import { skip } from "../../skip.ts";
import { chromium, look } from "../chromium.ts";
import { many, syntheticSweep } from "./syntheticSweep.ts";

const few = renderSweepHtml(syntheticSweep());

test("the page is a pure function of its record", () => {
  expect(renderSweepHtml(JSON.parse(JSON.stringify(syntheticSweep())) as SweepRecord)).toBe(few);
});

test("the page loads and sends nothing, and only its own script and style may act", () => {
  const digest = (text: string) => createHash("sha256").update(text).digest("base64");
  const style = /<style>([\s\S]*?)<\/style>/.exec(few)?.[1] ?? "";
  expect(few).toContain(
    `default-src 'none'; img-src data:; style-src 'sha256-${digest(style)}'; script-src 'sha256-${digest(pageScript)}'; base-uri 'none'; form-action 'none'`,
  );
  expect([...few.matchAll(/<script([^>]*)>/g)].map(([, kind]) => kind)).toEqual([
    ' type="application/json" id="data"',
    "",
  ]);
  const markup = few.replace(/<script>[\s\S]*?<\/script>/g, "");
  expect(markup).not.toMatch(/<link|<iframe|<form|<img|\son\w+=|\sstyle=|javascript:|url\((?!#)|@import/i);
  for (const [, target] of markup.matchAll(/\s(?:src|href)="([^"]*)"/g))
    expect(target).toMatch(/^trials\/[0-9a-f]+\.json$/);
});

test("without its script it shows every part, and no buttons that would not answer", () => {
  const markup = few.replace(/<script[\s\S]*<\/script>/g, "");
  for (const { heading } of Object.values(parts)) if (heading) expect(markup).toContain(`<h2>${heading}</h2>`);
  expect(markup).not.toMatch(/<button|<select|<input/);
  expect(markup).toContain("The attack had a weak effect in 4 of 5 conditions");
  expect(markup).toContain("95 % interval");
  expect(markup).not.toMatch(/undefined|NaN|Infinity/);
});

test("an attack that trials share is counted once in the time", () => {
  const sweep = syntheticSweep();
  const trials = sweep.trials.map((trial, i) => ({
    ...trial,
    config: { set: "dc1", attack: { method: "cleanLabel" }, seed: i % 2 },
    seconds: { attack: 1000, evaluation: 1 },
  }));
  const page = renderSweepHtml(parseSweep({ ...sweep, trials }));
  expect(page).toContain(`${duration(2 * 1000 + trials.length)} of attacks and evaluations`);
});

describe("what is missing is said", () => {
  const textOf = (record: SweepRecord) => renderSweepHtml(parseSweep(record)).replace(/<script[\s\S]*<\/script>/g, "");
  test("failed and open trials", () => {
    const page = textOf({ ...syntheticSweep({ failEvery: 2 }), planned: 9 });
    expect(page).toContain("2 of 5 trials failed and are missing above.");
    expect(page).toContain("4 of 9 planned trials have not run yet.");
    expect(page).toContain("<b>failed</b> train: invalid loss");
  });

  test("controls", () => {
    const page = textOf(syntheticSweep({ controls: false }));
    expect(page).toContain("but no control that it could be held against");
    expect(page).toContain("no control was measured");
    expect(page).not.toMatch(/rise of ASR over|Holm-corrected over the 0/);
    expect(page).toContain("Inconclusive");
  });

  test("a second seed", () => {
    const page = textOf(syntheticSweep({ networks: 1 }));
    expect(page).toContain("Measured once: not judged");
    expect(page).toContain("each with a single seed, which says nothing about chance");
    expect(page).toContain("no interval from one seed");
    expect(page).toMatch(/Clean accuracy \(CTA\) fell most with trigger blend: [\d.]+\s% → [\d.]+\s%\./);
    expect(page).not.toMatch(/undefined|NaN|Infinity/);
  });

  test("an effect", () => {
    const page = textOf(syntheticSweep({ effect: 0, networks: 5 }));
    expect(page).toContain("The attack failed in all 5 conditions");
    expect(page).toContain("In none of 5 conditions did the attack success rate (ASR) rise beyond chance");
  });

  test("everything", () => {
    expect(textOf({ ...syntheticSweep(), trials: [] })).toContain("No trial has finished.");
    const all = syntheticSweep({ failEvery: 1 });
    expect(textOf(all)).toContain("No trial has finished.</p><p>5 of 5 trials failed");
  });
});

describe("five thousand trials", () => {
  const record = syntheticSweep({ axes: many, networks: 1 });
  const page = renderSweepHtml(record);
  test("make a page of bounded tables", () => {
    const markup = page.replace(/<script[\s\S]*<\/script>/g, "");
    expect(markup.match(/<tr>/g)?.length).toBeLessThan(150);
    expect(markup).toContain("The first 25 of 5000 trials; all of them are in the CSV.");
    expect(markup.length).toBeLessThan(150_000);
    expect(page.length).toBeLessThan(2_500_000);
  });

  test("start with the largest rises", () => {
    const body = page.slice(page.indexOf('<div id="results">'), page.indexOf('<div id="map">'));
    const rises = [...body.matchAll(/class="r (?:worked|weak|failed|inconclusive)"><span[^>]*>([\d.]+) ±/g)].map(
      ([, value]) => Number(value),
    );
    expect(rises).toHaveLength(25);
    expect(rises).toEqual([...rises].sort((a, b) => b - a));
  });
});

/** Every text of the record replaced. */
function renamed(evil: string): SweepRecord {
  const record = syntheticSweep({ failEvery: 3, axes: { trigger: ["a", "b", "c"], set: ["s", "t"] } });
  const name = `axis ${evil}`;
  const value = (i: number) => `${evil} ${i}`;
  return {
    ...record,
    title: evil,
    command: evil,
    created: evil,
    axes: [
      { name, values: ["a", "b", "c"].map((_, i) => value(i)) },
      { name: "set", values: ["s", "t"] },
    ],
    trials: record.trials.map((trial, i) => ({
      ...trial,
      id: `${evil}${i}`,
      axes: { [name]: value(["a", "b", "c"].indexOf(String(trial.axes.trigger))), set: trial.axes.set },
      config: { [evil]: evil, list: [evil], other: i },
      ...(trial.status === "failed" && { error: evil }),
    })),
    experiment: { [evil]: evil },
    versions: { retort: evil, [evil]: evil },
    data: { [evil]: { name: evil, sha256: evil } },
  };
}

const tags = (text: string) =>
  [...text.matchAll(/<(?!!doctype)\/?([a-z][a-z0-9]*)/gi)].map(([, tag]) => tag.toLowerCase());

describe("hostile names stay text", () => {
  const harmless = renderSweepHtml(renamed("x"));
  const evil = `"><img src=x onerror=alert(1)>'&</style></script><script>alert(1)</script>`;

  test("in the page as it is made", () => {
    const page = renderSweepHtml(renamed(evil));
    expect(tags(page)).toEqual(tags(harmless));
    expect(page).not.toContain("<img src=x");
  });

  prop.prop([fc.oneof(fc.string({ minLength: 1, unit: "binary" }), fc.stringMatching(/^[<>"'&/=a-z! -]{1,20}$/))], {
    numRuns: 60,
  })("whatever they are, and with whatever the script draws", (name) => {
    const data = sweepData(renamed(name));
    const sweep = { data, cells: cellsOf(data) };
    const plain = sweepData(renamed("x"));
    const expected = { data: plain, cells: cellsOf(plain) };
    const view = choose(data, initialView(data), "shade", "asr");
    for (const { render } of Object.values(parts))
      expect(tags(render(sweep, view, true).markup)).toEqual(tags(render(expected, view, true).markup));
  });

  test("in addresses of trials too", () => {
    const page = renderSweepHtml(syntheticSweep(), { folder: `../a "b" <c>/` });
    expect(page).toMatch(/href="\.\.\/a%20%22b%22%20%3Cc%3E\/trials\//);
  });
});

describe.skipIf(skip(!chromium, "no Chromium"))("a browser", () => {
  test("finds nothing against the policy, and the script answers to the address", () => {
    const record = syntheticSweep({ axes: { set: ["dc-1", "dc-10"], trigger: ["white1", "white3", "white5"] } });
    const { dom, messages } = look(renderSweepHtml(record), "where-1=2&sort=-cta-before&shade=asr");
    expect(messages).toEqual([]);
    const results = dom.slice(dom.indexOf('<div id="results">'), dom.indexOf('<div id="map">'));
    const names = [...results.matchAll(/<th scope="row" class="merged">([^<]*)/g)].map(([, name]) => name);
    expect(names).toEqual(["dc-10, white5", "dc-1, white5"]);
    expect(results).toContain('aria-sort="descending"');
    const map = dom.slice(dom.indexOf('<div id="map">'), dom.indexOf('<div id="front">'));
    expect(map.match(/class="held">control [\d.]+/g)).toHaveLength(2);
  });

  test("lets no hostile name act", () => {
    const evil = `"><img src=x onerror=console.log(1)></script><script>console.log(2)</script>`;
    const { dom, messages } = look(renderSweepHtml(renamed(evil)));
    expect(messages).toEqual([]);
    expect(dom).toContain('<input type="search"');
    expect(dom).not.toContain("<img");
  });
});
