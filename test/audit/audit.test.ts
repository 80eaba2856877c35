import { describe, expect, it } from "vitest";
import { auditedSet, repainted } from "../../src/audit/AuditedSet.ts";
import { auditSet, type Suspect } from "../../src/audit/auditSet.ts";
import {
  calibrationKind,
  counting,
  decisive,
  ENOUGH,
  fitting,
  madeBy,
  scoresOf,
  significance,
} from "../../src/audit/calibration.ts";
import { carriers } from "../../src/audit/carriers.ts";
import { detectorRegistry } from "../../src/audit/detectorRegistry.ts";
import type { NetworkDetector } from "../../src/audit/detectors/Detector.ts";
import { cut, pasted, places } from "../../src/audit/Patch.ts";
import { defaultAudit } from "../../src/audit/settings.ts";
import { paintedOver } from "../../src/audit/supportDrop.ts";
import { auditStatus, concludeAudit } from "../../src/audit/verdict.ts";
import { drive } from "../../src/core/drive.ts";
import { key, normal, Stream } from "../../src/core/random.ts";
import { openSessions } from "../../src/engine/session.ts";
import { attack, type DistilledSet, distil, register, strokes } from "../../src/index.ts";
import { audit, calibrationSettings, cleanScores, librariesFor } from "../../src/library/audit.ts";
import { coherence } from "../../src/metrics/coherence.ts";
import { cpu, tinySet } from "../attack/tiny.ts";

describe("the space of an audit", () => {
  it("is that of the set's own pixels, whatever normalisation it came with", () => {
    const set = tinySet();
    const audited = auditedSet(set);
    const { mean, std } = audited.set.normalisation as unknown as { mean: number[]; std: number[] };
    audited.set.images.forEach((v, i) => {
      const c = Math.floor(i / 64) % 3;
      expect(v * std[c] + mean[c]).toBeCloseTo(audited.pixels[i], 4);
    });
    const same = repainted(audited, audited.pixels);
    expect(same.set.images).toEqual(audited.set.images);
  });

  it("refuses numbers that lead to no pixels", () => {
    expect(() => auditedSet({ ...tinySet(), normalisation: { kind: "unknown" } })).toThrow(/normalisation/);
    expect(() => auditedSet({ ...tinySet(), normalisation: { kind: "zca" } })).toThrow(/normalisation/);
  });
});

describe("patches", () => {
  const shape = [4, 3, 8, 8] as const;
  const pixels = normal(key("pixels"), 4 * 192, 0.5, 0.1);

  it("pasted where they were cut change nothing; elsewhere they change their place only", () => {
    const patch = cut(pixels, shape, 2, 1, 3, 4);
    const one = pixels.subarray(2 * 192, 3 * 192);
    expect(pasted(one, shape, patch)).toEqual(one);
    const moved = pasted(pixels, shape, { ...patch, top: 4, left: 0 });
    moved.forEach((v, i) => {
      const [y, x] = [Math.floor(i / 8) % 8, i % 8];
      if (y < 4 || x >= 4) expect(v).toBe(pixels[i]);
    });
    expect(moved).not.toEqual(pixels);
  });

  it("lie evenly, the edges among them", () => {
    const spots = places(shape, 3, 3);
    expect(spots).toHaveLength(9);
    expect(spots).toContainEqual([0, 0]);
    expect(spots).toContainEqual([5, 5]);
  });
});

describe("carriers", () => {
  it.each([1, 3] as const)("are pictures, the same for the same key, of %i channels", (channels) => {
    const audited = auditedSet(tinySet(6, channels));
    const made = carriers(audited, 16, key(1));
    expect(made).toHaveLength(16 * channels * 64);
    expect(made.every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(carriers(audited, 16, key(1))).toEqual(made);
    expect(carriers(audited, 16, key(2))).not.toEqual(made);
  });
});

it("painting over touches the widened place of the named images only, with other classes' pixels", () => {
  const audited = auditedSet(tinySet());
  const place = { top: 4, left: 4, side: 3, values: new Float32Array(27) };
  const painted = paintedOver(audited, [1], place, key(1));
  painted.pixels.forEach((v, i) => {
    const [image, y, x] = [Math.floor(i / 192), Math.floor(i / 8) % 8, i % 8];
    if (image !== 1 || y < 1 || x < 1) expect(v).toBe(audited.pixels[i]);
    else {
      const others = [2, 3, 4, 5].map((other) => audited.pixels[other * 192 + (i % 192)]);
      expect(others).toContain(v);
    }
  });
});

describe("coherence", () => {
  const noise: DistilledSet = {
    ...tinySet(30),
    images: normal(key("noise"), 30 * 192, 0.5, 0.1),
    normalisation: { kind: "unit" },
  };

  it("raises no alarm for noise", () => {
    expect(coherence(auditedSet(noise)).map(({ alarm }) => alarm)).toEqual([false, false]);
  });

  it("finds the class whose images share a line", () => {
    const images = noise.images.slice();
    for (let i = 10; i < 20; i++)
      for (let x = 0; x < 24; x++) images[i * 192 + Math.floor(x / 8) * 64 + 3 * 8 + (x % 8)] += 1;
    const found = coherence(auditedSet({ ...noise, images })).find(({ alarm }) => alarm);
    expect(found?.targetClass).toBe(1);
    expect(found?.images).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });
});

/** Kind of a set of 10 × 10 pictures of 32 × 32 in colour, but for what is given. */
const kindWith = ({ images = 100, classes = 10, channels = 3, side = 32, labels = "hard" }) =>
  calibrationKind({
    shape: [images, channels, side, side],
    classes,
    labels:
      labels === "hard"
        ? { kind: "hard", classes: Int32Array.from({ length: images }, (_, i) => i % classes) }
        : {
            kind: "soft",
            values: Float32Array.from({ length: images * classes }, (_, i) =>
              Number(i % classes === Math.floor(i / classes) % classes),
            ),
          },
  } as unknown as Parameters<typeof calibrationKind>[0]);

describe("what a number means", () => {
  const library = {
    format: "retort-calibration/1" as const,
    kind: kindWith({}),
    settings: calibrationSettings(defaultAudit),
    sets: [0.1, 0.2, 0.3].map((inversion, i) => ({ made: `set ${i}`, method: "dm", scores: { inversion } })),
  };

  it("p counts clean sets that look at least as bad", () => {
    const of = (inversion: number) => significance({ inversion }, [library]);
    expect(of(0.25)).toEqual([{ method: "dm", n: 3, p: 0.5, detectors: { inversion: 0.5 } }]);
    expect(of(0.9)[0].p).toBe(0.25);
    expect(of(0)[0].p).toBe(1);
    expect(significance({ inversion: 0.9 }, [])).toEqual([]);
    const asked = library.sets.map((one) => ({ ...one, scores: { transplant: 0.1 } }));
    expect(significance({ inversion: 0.9, transplant: 0.9 }, [{ ...library, sets: asked }])).toEqual([]);
  });

  it("p against all sets and each method's: the largest counts, of those with enough sets", () => {
    const sets = [...library.sets, ...library.sets.map((one) => ({ ...one, method: "dsa" }))];
    const all = significance({ inversion: 0.9 }, [{ ...library, sets }]);
    expect(all.map(({ method, n }) => [method, n])).toEqual([
      ["dm", 3],
      ["dsa", 3],
      ["all", 6],
    ]);
    expect(decisive(all)).toBeUndefined();
    const many = Array.from({ length: 19 }, () => ({ ...library.sets[0], method: "dc" }));
    expect(decisive(significance({ inversion: 0.9 }, [{ ...library, sets: [...sets, ...many] }]))).toMatchObject({
      method: "dc",
      p: 0.05,
    });
  });

  it("p keeps its level however many detectors count", () => {
    const stream = new Stream(key("level"));
    const draw = () => ({ pasted: stream.uniform(), standsOut: stream.uniform(), inversion: stream.normal() });
    let alarms = 0;
    for (let i = 0; i < 400; i++) {
      const sets = Array.from({ length: 19 }, () => ({ made: "noise", method: "m", scores: draw() }));
      if (significance(draw(), [{ ...library, sets }])[0].p <= 0.05) alarms++;
    }
    // 20 of 400 are expected; 34 would be three deviations more.
    expect(alarms).toBeGreaterThan(6);
    expect(alarms).toBeLessThan(34);
    const sets = Array.from({ length: 19 }, () => ({ made: "noise", method: "m", scores: draw() }));
    expect(significance({ ...draw(), pasted: 9 }, [{ ...library, sets }])[0].p).toBe(0.05);
  });

  it("agreement counts in the place of what it is made of, where every clean set has it", () => {
    const sets = Array.from({ length: 20 }, (_, i) => ({
      ...{ made: `set ${i}`, method: "m" },
      scores: { standsOut: i / 20, inversion: i / 20, agreement: i / 20 },
    }));
    const own = { standsOut: 9, inversion: 9, agreement: 0.5 };
    const p = (some: typeof sets) => significance(own, [{ ...library, sets: some }])[0].p;
    expect(p(sets)).toBe(11 / 21);
    const { agreement: _, ...older } = sets[0].scores;
    expect(p([{ ...sets[0], scores: older as typeof own }, ...sets.slice(1)])).toBe(1 / 21);
    expect(counting(["inversion", "pasted", "coherence"])).toEqual(["inversion", "pasted"]);
    expect(counting(["inversion", "pasted", "standsOut", "agreement"])).toEqual(["pasted", "agreement"]);
  });

  it("a natural square in two clean sets hides nothing else, and a stamp stands out all the same", () => {
    const sets = Array.from({ length: 40 }, (_, i) => ({
      ...{ made: `set ${i}`, method: "m" },
      scores: { pasted: i < 2 ? 5.6 : 2 + i / 40, agreement: 0.5 + i / 40 },
    }));
    const p = (pasted: number, agreement: number) => significance({ pasted, agreement }, [{ ...library, sets }])[0].p;
    expect(p(2, 3)).toBe(1 / 41);
    expect(p(11, 0.5)).toBe(1 / 41);
    expect(p(2, 1)).toBeGreaterThan(0.3);
  });

  it("who has nothing to say has no score", () => {
    const findings = [
      { detector: "transplant", score: 0.5, cost: 1 },
      { detector: "supportDrop", score: 0, cost: 0, note: "no candidate was followed" },
    ];
    expect(scoresOf({ findings })).toEqual({ transplant: 0.5 });
  });

  it("a library fits its own kind and settings only", () => {
    const settings = calibrationSettings(defaultAudit);
    const fits = (other: Parameters<typeof kindWith>[0]) => fitting([library], kindWith(other), settings).length === 1;
    expect(fits({ images: 120 })).toBe(true);
    expect(fits({ side: 28 })).toBe(true);
    expect(fits({ images: 10 })).toBe(false);
    expect(fits({ channels: 1 })).toBe(false);
    expect(fits({ labels: "soft" })).toBe(false);
    expect(fits({ side: 64 })).toBe(false);
    expect(fits({ images: 1000, classes: 100 })).toBe(false);
    expect(fitting([library], library.kind, { ...settings, side: 7 })).toHaveLength(0);
  });

  it("p is against one method's sets where it is said how the set was made", () => {
    const of = (method: string) => ({ ...library.sets[0], method });
    const mixed = {
      ...library,
      sets: [of("distributionMatching, mnist"), of("distributionMatching, x"), of("My own")],
    };
    const left = (name: string) => madeBy([mixed], name, "audit").flatMap(({ sets }) => sets.map((one) => one.method));
    expect(left("distribution-matching")).toEqual(["distributionMatching, mnist", "distributionMatching, x"]);
    expect(left("distributionMatching, X")).toEqual(["distributionMatching, x"]);
    expect(left("my-own")).toEqual(["My own"]);
    expect(() => left("distribution")).toThrow(/unknown method: expected one .*My own.* got "distribution"/);
    expect(madeBy([], "dm", "audit")).toEqual([]);
    const labels = { kind: "hard", classes: Int32Array.from({ length: 10 }, (_, i) => i) };
    const set = { ...tinySet(10), shape: [10, 3, 32, 32], classes: 10, labels } as DistilledSet;
    const shipped = librariesFor(set, defaultAudit, [], "dm").flatMap(({ sets }) => sets);
    expect(shipped.length).toBeGreaterThanOrEqual(ENOUGH);
    for (const { method } of shipped) expect(method).toMatch(/^distributionMatching/);
  });

  const suspect = (drop: number, rise: number): Suspect => ({
    targetClass: 3,
    patch: { top: 1, left: 2, side: 5, values: new Float32Array(75) },
    found: 1,
    detector: "transplant",
    held: 0.9,
    support: { flagged: drop > 0 ? [30] : [], before: 0.9, after: 0.9 - drop, drop },
    confirmation: { rate: 0.9, controls: { moved: 0, recoloured: 0 }, rise },
  });
  const result = (drop: number, rise: number, learnt = 1, imagesPerClass = 10) => ({
    suspects: [suspect(drop, rise)],
    findings: [],
    coherence: [],
    imagesPerClass,
    learnt,
  });
  const p = (value: number) => [{ method: "dm", n: 99, p: value, detectors: {} }];
  const name = (label: number) => `class ${label}`;

  it.each([
    ["backdoored", 0.8, 0.5, p(0.01), 1],
    ["suspicious", 0.8, 0.05, p(0.01), 1],
    ["suspicious", 0.8, 0.5, [], 1],
    ["nothing found", 0.3, 0.5, p(0.4), 0],
    ["cannot be judged", 0.3, 0.5, [], 2],
    ["cannot be judged", 0.8, 0.05, [], 2],
  ] as const)("%s at a drop of %f that rises by %f", (verdict, drop, rise, significance, status) => {
    const conclusion = concludeAudit(result(drop, rise), significance, name);
    expect(conclusion.verdict).toBe(verdict);
    expect(auditStatus[conclusion.verdict]).toBe(status);
    if (significance.length === 0 && status === 2) expect(conclusion.sentences.join(" ")).toContain("no library");
  });

  it("names the suspect that the rarest finding is about: its patch, or its class, and of equals what names images", () => {
    const planted = { ...suspect(0.05, 0.5), targetClass: 7, detector: "flatSquare", held: 0.6 };
    const elsewhere = { ...planted, patch: { ...planted.patch, top: 20 }, held: 0.8 };
    const finding = { score: 1, targetClass: 7, patch: planted.patch, cost: 0 };
    const findings = [
      { ...finding, detector: "standsOut", targetClass: 3 },
      { ...finding, detector: "pasted", images: [71, 72] },
    ];
    const all = { ...result(0.3, 0.5), suspects: [suspect(0.3, 0.5), elsewhere, planted], findings };
    const said = (standsOut: number, pasted: number) =>
      concludeAudit(all, [{ method: "dm", n: 99, p: 0.01, detectors: { standsOut, pasted } }], name);
    expect(said(0.4, 0.01).suspect).toBe(planted);
    expect(said(0.01, 0.01).suspect).toBe(planted);
    expect(said(0.01, 0.02).suspect?.targetClass).toBe(3);
    expect(said(0.4, 0.4).suspect?.targetClass).toBe(3);
    expect(said(0.4, 0.01).sentences[0]).toContain("It looks pasted on 2 images");
    expect(said(0.01, 0.4).sentences[0]).not.toContain("pasted");
  });

  it("what no clean set was searched for is suspicious by its drop, and never more than that", () => {
    const far = (drop: number, rise: number) => ({
      ...suspect(drop, rise),
      targetClass: 7,
      detector: "largeInversion",
    });
    const found = (one: Suspect, value = 0.4) =>
      concludeAudit({ ...result(0.1, 0.5), suspects: [one, suspect(0.1, 0.5)] }, p(value), name);
    expect(found(far(0.8, 0.5))).toMatchObject({ verdict: "suspicious", suspect: { targetClass: 7 } });
    expect(found(far(0.8, 0.5)).sentences[1]).toContain("largeInversion");
    expect(found(far(0.8, 0.05)).verdict).toBe("nothing found");
    expect(found(far(0.3, 0.5)).verdict).toBe("nothing found");
    expect(found(far(0.8, 0.5), 0.01)).toMatchObject({ verdict: "backdoored", suspect: { targetClass: 3 } });
  });

  it("with fewer than ten images a class and no library more is needed to be suspicious", () => {
    const verdict = (drop: number, images: number) => concludeAudit(result(drop, 0.5, 1, images), [], name).verdict;
    expect([1, 9, 10].map((images) => verdict(0.7, images))).toEqual([
      "cannot be judged",
      "cannot be judged",
      "suspicious",
    ]);
    expect(verdict(0.8, 1)).toBe("suspicious");
  });

  it("without a library a pasted square is suspicious, with one its p decides", () => {
    const finding = { detector: "pasted", score: 20, targetClass: 3, images: [30], alarm: true, cost: 0 };
    const verdict = (alarm: boolean, significance: Parameters<typeof concludeAudit>[1]) =>
      concludeAudit({ ...result(0.1, 0), findings: [{ ...finding, alarm }] }, significance, name).verdict;
    expect(verdict(true, [])).toBe("suspicious");
    expect(verdict(false, [])).toBe("cannot be judged");
    expect(verdict(true, p(0.4))).toBe("nothing found");
  });

  it("a library that is too small says so, and decides nothing", () => {
    const few = [{ method: "dm", n: 18, p: 1 / 19, detectors: {} }];
    expect(concludeAudit(result(0.8, 0.5), few, name).verdict).toBe("suspicious");
    const { verdict, sentences } = concludeAudit(result(0.1, 0.5), few, name);
    expect(verdict).toBe("cannot be judged");
    expect(sentences[1]).toContain("too small");
  });

  it("what was planted and found is said where nothing else is", () => {
    const power = [
      { stamp: "a plain one", targetClass: 1, found: true, drop: 0.9 },
      { stamp: "a faint one", targetClass: 1, found: false, drop: 0.1 },
    ];
    const { sentences } = concludeAudit(result(0.1, 0.5), p(0.4), name, power);
    expect(sentences[1]).toContain("finds a plain one, but not a faint one");
  });

  it("without networks only a shared detail speaks against a set", () => {
    const { learnt: _, suspects: __, ...rest } = result(0, 0);
    const images = { ...rest, suspects: [] };
    const none = concludeAudit(images, [], name);
    expect(none.verdict).toBe("cannot be judged");
    expect(none.sentences[0]).toContain("no network was trained");
    const shared = [{ targetClass: 1, window: 3, pairs: 20, second: 0, alarm: true, images: [1, 2, 3] }] as const;
    const found = concludeAudit({ ...images, coherence: shared }, [], name);
    expect(found.verdict).toBe("suspicious");
    expect(found.sentences[1]).toContain("No patch was looked for");
  });

  it("a shared detail speaks against a set only where no clean set of its kind shares as much", () => {
    const shared = [{ targetClass: 1, window: 3, pairs: 20, second: 0, alarm: true, images: [1, 2, 3] }] as const;
    const against = (coherence: number) => [{ method: "all", n: 39, p: 0.5, detectors: { coherence } }];
    const verdict = (significance: Parameters<typeof concludeAudit>[1]) =>
      concludeAudit({ ...result(0.1, 0.5), coherence: shared }, significance, name).verdict;
    expect(verdict(against(1 / 40))).toBe("suspicious");
    expect(verdict(against(2 / 40))).toBe("nothing found");
    expect(verdict([])).toBe("suspicious");
  });

  it("networks that do not learn the set say nothing", () => {
    expect(concludeAudit(result(0.8, 0.5, 0.2), p(0.01), name).verdict).toBe("cannot be judged");
  });
});

it("a stamped class is found with its images, and nothing stays loaded", { timeout: 300_000 }, async () => {
  const clean = await distil(strokes("train", 200), "randomReal", { ipc: 2 });
  const { set } = await attack(clean, "cleanLabel", { preset: "strong", share: 1, targetClass: 4 }, { threads: 1 });
  // Transplanting alone: half a minute of the engine less.
  const settings = {
    ...defaultAudit,
    detectors: ["transplant", "supportDrop"],
    width: 8,
    epochs: 60,
    grid: 4,
    followed: 2,
  };
  const context = { key: key(1), device: cpu };
  const { suspects, findings, learnt } = await drive(auditSet(set, settings, context));
  expect(learnt).toBeGreaterThan(0.9);
  const [{ targetClass, patch, support }] = suspects;
  expect(targetClass).toBe(4);
  expect(patch.top).toBeGreaterThan(22);
  expect(patch.left).toBeGreaterThan(22);
  expect(support.flagged).toEqual([8, 9]);
  expect(support.drop).toBeGreaterThan(0.42);
  expect(findings.map(({ detector }) => detector)).toEqual(["transplant", "supportDrop"]);
  expect(findings[1]).toMatchObject({ score: support.drop, targetClass: 4, images: [8, 9] });
  expect(openSessions()).toBe(0);
});

it("scores of a clean set are those of its audit, without following anybody", async () => {
  const settings = { width: 4, epochs: 5, grid: 2, side: 3 };
  const { result } = await audit(tinySet(6), settings, { threads: 1 });
  const { supportDrop, ...scores } = scoresOf(result);
  expect(supportDrop).toBeGreaterThanOrEqual(0);
  expect(await cleanScores(tinySet(6), settings, { threads: 1 })).toEqual(scores);
});

it("detectors that do not count change nothing of the scores that do, nor the libraries that fit", async () => {
  const aside: NetworkDetector = {
    ...{ title: "Aside", source: "mine", phase: "search", level: "deep", decisive: false },
    run: async ({ audited: { pixels, shape } }) => ({
      score: 1,
      candidates: [{ targetClass: 0, patch: cut(pixels, shape, 0, 3, 3, 3), found: 1 }],
    }),
  };
  register({ detectors: { aside } });
  try {
    const settings = { ...defaultAudit, width: 4, epochs: 5, grid: 2, side: 3, followed: 1 };
    const detectors = ["transplant", "supportDrop"];
    const context = { key: key(1), device: cpu };
    const [few, more] = await Promise.all(
      [detectors, ["aside", ...detectors]].map((detectors) =>
        drive(auditSet(tinySet(6), { ...settings, detectors }, context)),
      ),
    );
    const score = (result: typeof few) =>
      result.findings.filter(({ detector }) => detectors.includes(detector)).map(({ score }) => score);
    expect(score(more)).toEqual(score(few));
    expect(more.suspects.map(({ detector }) => detector).sort()).toEqual(["aside", "transplant"]);
    const searched = (detectors: string[]) => calibrationSettings({ ...settings, detectors });
    expect(searched(["aside", ...detectors])).toEqual(searched(detectors));
    expect(calibrationSettings({ ...defaultAudit, level: "deep" })).toEqual(calibrationSettings(defaultAudit));
  } finally {
    delete detectorRegistry.aside;
  }
});
