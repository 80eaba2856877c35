import { describe, expect, it } from "vitest";
import { decisive, ENOUGH, sameKind, significance } from "../../src/audit/calibration.ts";
import { calibrations } from "../../src/audit/calibrations.ts";
import { detectorRegistry } from "../../src/audit/detectorRegistry.ts";
import { defaultAudit } from "../../src/audit/settings.ts";
import { calibrationSettings } from "../../src/library/audit.ts";

const levels = (["default", "quick"] as const).map((level) => calibrationSettings({ ...defaultAudit, level }));

describe.each(calibrations.map((library) => [JSON.stringify([library.kind, library.settings]), library] as const))(
  "the library of %s",
  (_, library) => {
    const { sets } = library;

    it("was made with the settings that an audit has, and says how each of its sets was made", () => {
      expect(levels).toContainEqual(library.settings);
      expect(new Set(sets.map(({ made }) => made)).size).toBe(sets.length);
      for (const { made } of sets) expect(made).toMatch(/^retort \S+ distill --data \S+ --method \S+ --ipc \d+/);
    });

    it("has a score of every detector that counts, and enough sets to say 0.05", () => {
      const asked = String(library.settings.detectors).split(" ");
      const counting = asked.filter((name) => detectorRegistry[name].decisive);
      expect(counting).toEqual(expect.arrayContaining(["standsOut", "pasted"]));
      for (const { scores } of sets) for (const name of counting) expect(scores[name]).toBeGreaterThanOrEqual(0);
      expect(sets.length).toBeGreaterThanOrEqual(ENOUGH);
    });

    it("calls none of its own sets unusual oftener than chance would, and a set beyond all of them", () => {
      const alarms = sets.filter((one) => {
        const others = { ...library, sets: sets.filter((other) => other !== one) };
        return (decisive(significance(one.scores, [others]))?.p ?? 1) <= 0.05;
      });
      expect(alarms.length).toBeLessThanOrEqual(Math.ceil(0.05 * sets.length));
      const beyond = { standsOut: 3, inversion: 1, pasted: 99 };
      expect(decisive(significance(beyond, [library]))?.p).toBeLessThanOrEqual(0.05);
    });
  },
);

it("no two libraries are of one kind and for one level", () => {
  for (const [i, a] of calibrations.entries())
    for (const b of calibrations.slice(i + 1))
      expect(sameKind(a.kind, b.kind) && a.settings.detectors === b.settings.detectors).toBe(false);
});
