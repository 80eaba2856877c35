import * as z from "zod";
import type { Calibration } from "../../audit/calibration.ts";
import { UsageError } from "../../core/errors.ts";
import { computeOptions } from "../options/computeOptions.ts";
import { readOptions } from "../options/readOptions.ts";
import { defineCommand } from "../shell/command.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const who = "retort calibrate";
const { seed, device, threads } = computeOptions;

const options = z.object({
  out: z.string().describe("file of the library; sets that it holds already are not audited again"),
  method: z
    .string()
    .describe("name of how the sets were made, in your words: p is taken against each name's sets apart"),
  seed,
  device,
  threads,
  ...readOptions,
});

/** Make a library of clean sets that audits are compared with. */
export const calibrate = defineCommand({
  summary: "audit clean sets, as a library that audits of others are compared with",
  description: `Audits sets that are known to be clean, all of one kind (images per class, colour or grey, hard or soft labels), with the settings
that retort audit has by default, and writes the statistics to a file of a few kilobytes. Ninety-nine sets make p ≤ 0.01 possible.
The file is written after every set: the same command goes on where it was stopped.`,
  arguments: { "<sets...>": "clean distilled sets, files or folders" },
  options,
  examples: ["calibrate runs/random-*/distilled.safetensors --method randomReal --out cifar-10.json"],
  async run({ args, options, console, signal }) {
    const [
      { distilledSet },
      { calibrationSettings, cleanScores },
      { calibration, calibrationKind, checkSpelling, methodName, sameKind },
      { defaultAudit },
      { declarations },
      { calibrationText, readCalibration },
      { writeAtomic },
      { checkFolder },
      { setDigest },
      { checkFit },
      { existsSync, statSync },
      { dirname, resolve },
    ] = await Promise.all([
      import("../steps/distilledSet.ts"),
      import("../../library/audit.ts"),
      import("../../audit/calibration.ts"),
      import("../../audit/settings.ts"),
      import("../../formats/saysTampered.ts"),
      import("../../run/calibrationFile.ts"),
      import("../../disk/writeAtomic.ts"),
      import("../../disk/makeFolder.ts"),
      import("../../disk/setDigest.ts"),
      import("../../run/checkFit.ts"),
      import("node:fs"),
      import("node:path"),
    ]);
    const { out } = options;
    const method = methodName(options.method, who);
    let library: Calibration | undefined =
      existsSync(out) && !statSync(out).isDirectory() ? await readCalibration(out, who) : undefined;
    if (library) checkSameSettings(library.settings, calibrationSettings(defaultAudit), out);
    checkSpelling(method, library, who);
    await checkFolder(dirname(resolve(out)));
    if (existsSync(out) && statSync(out).isDirectory())
      throw new UsageError(`${who}: invalid --out ${out}: expected a file, got a folder`);
    const known = new Set(library?.sets.map(({ made }) => made));
    const wanted = args.filter((path) => !known.has(`${method}, ${path}`));
    const open = async (path: string) => {
      const { set } = await distilledSet(path, options, who, console, whiteningHooks(console, signal));
      if (declarations(set.metadata).length > 0)
        throw new UsageError(
          `${who}: invalid set ${path}: expected a clean one, got one that says it was tampered with`,
        );
      checkFit(who, { set });
      return { set, kind: calibrationKind(set) };
    };
    // Every set is looked at before the first is audited, which takes minutes.
    let kind = library?.kind;
    const seen = new Map(library?.sets.flatMap(({ content, made }) => (content ? [[content, made]] : [])));
    for (const path of wanted) {
      const { set, kind: found } = await open(path);
      const same = seen.get(setDigest(set));
      if (same !== undefined)
        throw new UsageError(
          `${who}: invalid set ${path}: expected each set once, got the same images as in ${same}; twice it would count for two`,
        );
      seen.set(setDigest(set), path);
      kind ??= found;
      if (!sameKind(kind, found))
        throw new UsageError(
          `${who}: invalid set ${path}: expected one of the library's kind ${JSON.stringify(kind)}, got ${JSON.stringify(found)}`,
        );
    }
    const bar = console.progress("calibrate", wanted.length);
    try {
      for (const [i, path] of wanted.entries()) {
        const made = `${method}, ${path}`;
        const { set, kind } = await open(path);
        const scores = await cleanScores(
          set,
          {},
          {
            seed: options.seed,
            device: options.device,
            threads: options.threads,
            signal,
            onProgress: ({ phase, done, total }) => bar.update(i + done / total, phase),
          },
        );
        const entry = { made, method, content: setDigest(set), scores };
        library = calibration.parse({
          format: "retort-calibration/1",
          kind,
          settings: calibrationSettings(defaultAudit),
          sets: [...(library?.sets ?? []), entry],
        });
        await writeAtomic(out, calibrationText(library));
      }
    } finally {
      bar.end();
    }
    console.result({ out, sets: library?.sets.length ?? 0 }, () =>
      console.line(`${library?.sets.length ?? 0} clean sets in ${out}`),
    );
    return 0;
  },
});

/** Sets that were audited otherwise cannot stand in one library with new ones. @throws UsageError that says what differs */
function checkSameSettings(old: Calibration["settings"], now: Calibration["settings"], out: string): void {
  const other = Object.keys({ ...old, ...now }).filter((name) => old[name] !== now[name]);
  if (other.length === 0) return;
  const said = (settings: Calibration["settings"]) => other.map((name) => `${name} ${settings[name]}`).join(", ");
  throw new UsageError(
    `${who}: invalid --out ${out}: expected a library made with the settings of this version (${said(now)}), got one with ${said(old)}; make its sets again in a new file`,
  );
}
