import { createHash } from "node:crypto";
import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { SourceFile } from "../formats/Format.ts";
import { slsaPredicateType, tensorsPredicateType } from "./attestations.ts";
import { croissant, type Description, readCroissant } from "./croissant.ts";
import { cardMarker, datasetCard } from "./datasetCard.ts";
import { type EarlierSeal, isReused, stepBack } from "./earlierSeal.ts";
import type { Folder } from "./Folder.ts";
import { type HashOptions, hashFile, hashFiles } from "./hashFile.ts";
import {
  attestationsName,
  foldedTwins,
  gitPaths,
  isIgnored,
  type Manifest,
  manifestStatement,
  provenanceName,
  type Resource,
  rootDigest,
  setFingerprint,
  signatureName,
  sortResources,
  stagingFolder,
  tensorsName,
} from "./manifest.ts";
import { checkName, comparePaths } from "./paths.ts";
import { type MakingRun, type ProvenanceInput, provenancePredicate } from "./provenance.ts";
import { type Sealer, signStatement } from "./signStatement.ts";
import { cardName, croissantName, sealFiles } from "./staging.ts";
import { type SetFacts, tensorsPredicate } from "./tensors.ts";

export interface SealOptions extends HashOptions {
  readonly sealer: Sealer;
  /** The set as its reader returned it; absent if nobody can read it, and then there are no tensor digests. */
  readonly set?: { readonly value: DistilledSet | LabelledSet; readonly format: string };
  readonly facts: SetFacts;
  /** What was asked for; what is missing is taken from an earlier seal of this set. */
  readonly description: Partial<Description> & { readonly today: string };
  readonly run?: MakingRun;
  readonly tool: ProvenanceInput["tool"];
  /** Further exact relative paths to leave out. */
  readonly ignore?: readonly string[];
  /** The seal goes elsewhere: nothing may be written into the folder, so no card and no description. */
  readonly detached?: boolean;
  /** What the seal that is replaced said of itself; believed for warnings only. */
  readonly earlier?: EarlierSeal;
  /** Seal a version older than the one that is replaced. */
  readonly force?: boolean;
}

/** A seal that has not been written yet. */
export interface Seal {
  /** Name → text, in the order of `sealFiles`; only what differs from what lies in the folder, and always model.sig. */
  readonly files: ReadonlyMap<string, string>;
  readonly manifest: Manifest;
  readonly fingerprint: string;
  readonly rootDigest: string;
  readonly description: Description;
  readonly warnings: readonly string[];
}

/**
 * Make the seal of a folder: description and card, manifest over every file, provenance, tensor digests.
 *
 * @throws UsageError for links, special files, unsafe names and an empty folder.
 * @example
 * const seal = await makeSeal(folder, { sealer, set: { value: set, format: "npz" }, facts, description: { today }, tool });
 */
export async function makeSeal(folder: Folder, options: SealOptions): Promise<Seal> {
  const ignore = [stagingFolder, ...(options.ignore ?? [])];
  for (const path of ignore) checkName("seal", path);
  const ignorePaths = [
    ...new Set([
      ...gitPaths,
      signatureName,
      attestationsName,
      provenanceName,
      ...(options.set ? [tensorsName] : []),
      ...ignore,
    ]),
  ].sort(comparePaths);
  const ignored = new Set(ignorePaths);
  checkFolder(folder, ignored, options);
  const files = folder.files.filter((file) => !isIgnored(file.path, ignored));
  const earlier = await readEarlier(folder);
  const description = describe(folder.name, options, earlier);
  const newer = stepBack(description.version, options.earlier);
  if (newer !== undefined && !options.force)
    throw new UsageError(
      `seal: invalid release ${description.version}: expected ${newer} or newer, as was sealed here before; --force seals the older one`,
    );
  const data = files.filter(({ path }) => !folder.folder || (path !== croissantName && path !== cardName));
  if (data.length === 0)
    throw new UsageError(`seal: missing files: expected a set in ${folder.name}, got an empty folder`);
  const hashed = await hashFiles(data, options);
  const generated = options.detached
    ? new Map<string, string>()
    : generate(description, data, hashed, earlier, options);
  const own = files.filter((file) => !data.includes(file) && !generated.has(file.path));
  const made = [...generated].map(([name, text]) => ({ name, digest: digestOf(text) }));
  const resources = sortResources([...hashed, ...(await hashFiles(own)), ...made]);
  const single = folder.folder ? {} : { single: true };
  const manifest: Manifest = { name: folder.name, resources, ignorePaths, allowSymlinks: false, ...single };
  const written = await sign(manifest, description, generated, folder, options);
  return {
    files: written,
    manifest,
    fingerprint: setFingerprint(resources),
    rootDigest: rootDigest(resources),
    description,
    warnings: warningsOf(description, resources, earlier, options),
  };
}

function checkFolder(folder: Folder, ignored: ReadonlySet<string>, { set }: SealOptions): void {
  const kept = (paths: readonly string[]) => paths.filter((path) => !isIgnored(path, ignored));
  const [link] = kept(folder.links);
  if (link !== undefined)
    throw new UsageError(
      `seal: invalid file: expected no symbolic links, got ${link}; a seal cannot bind what it leads to`,
    );
  const [special] = kept(folder.specials);
  if (special !== undefined) throw new UsageError(`seal: invalid file: expected regular files, got ${special}`);
  for (const file of folder.files) if (!isIgnored(file.path, ignored)) checkName("seal", file.path);
  if (!set && folder.files.some((file) => file.path === tensorsName))
    throw new UsageError(
      `seal: invalid folder: expected no ${tensorsName} of an earlier seal when tensors are not digested; delete it first`,
    );
}

interface Earlier {
  readonly croissant?: ReturnType<typeof readCroissant>;
  /** The publisher wrote the card or the description: leave it. */
  readonly ownCroissant: boolean;
  readonly ownCard: boolean;
}

async function readEarlier(folder: Folder): Promise<Earlier> {
  const text = async (name: string) => {
    const file = folder.files.find((item) => item.path === name);
    return file && new TextDecoder().decode(await file.read());
  };
  const [described, card] = [await text(croissantName), await text(cardName)];
  const parsed = described === undefined ? undefined : readCroissant(described);
  return {
    croissant: parsed,
    ownCroissant: parsed !== undefined && !parsed.generated,
    ownCard: card !== undefined && !card.includes(cardMarker),
  };
}

/** What was asked for, then what the earlier seal said. The date of an unchanged version stays. */
function describe(
  folderName: string,
  { description, facts, earlier }: SealOptions,
  { croissant: described }: Earlier,
): Description {
  const before = {
    ...described,
    ...(earlier?.version !== undefined && { version: earlier.version, date: earlier.date }),
  };
  const version = description.version ?? before?.version ?? "1.0.0";
  return {
    name: description.name ?? before?.name ?? folderName,
    version,
    date: description.date ?? (before?.version === version ? before.date : undefined) ?? description.today,
    license: description.license ?? before?.license,
    creator: description.creator ?? before?.creator,
    url: description.url ?? before?.url,
    text: description.text,
    derivedFrom: description.derivedFrom ?? [],
    facts,
  };
}

function generate(
  description: Description,
  data: readonly SourceFile[],
  hashed: readonly Resource[],
  earlier: Earlier,
  { set }: SealOptions,
): Map<string, string> {
  const described = hashed
    .map((resource, i) => ({ ...resource, size: data[i].size }))
    .sort((a, b) => comparePaths(a.name, b.name));
  const generated = new Map<string, string>();
  if (!earlier.ownCroissant) generated.set(croissantName, croissant(description, described, set?.value));
  if (!earlier.ownCard) generated.set(cardName, datasetCard(description, set?.value));
  return generated;
}

async function sign(
  manifest: Manifest,
  description: Description,
  generated: ReadonlyMap<string, string>,
  folder: Folder,
  options: SealOptions,
) {
  const { sealer, set, run, tool, facts } = options;
  const statement = manifestStatement(manifest);
  const { subject } = statement;
  const replaces: Record<string, string | null> = {};
  for (const name of sealFiles) {
    const file = folder.files.find((item) => item.path === name);
    replaces[name] = file ? await hashFile(file) : null;
  }
  const metadata = set?.value.kind === "distilled" ? set.value.metadata : undefined;
  const publication = { version: description.version, date: description.date };
  const provenance = provenancePredicate({ publication, run, metadata, tool, replaces });
  const written = new Map<string, string>();
  for (const [name, text] of generated) if (digestOf(text) !== replaces[name]) written.set(name, text);
  written.set(
    provenanceName,
    await signStatement({ subject, predicateType: slsaPredicateType, predicate: provenance }, sealer),
  );
  if (set) {
    const predicate = tensorsPredicate(set.value, set.format, { ...facts, version: description.version });
    written.set(tensorsName, await signStatement({ subject, predicateType: tensorsPredicateType, predicate }, sealer));
  }
  written.set(signatureName, await signStatement(statement, sealer));
  return written;
}

function warningsOf(
  description: Description,
  resources: readonly Resource[],
  earlier: Earlier,
  { detached, earlier: sealed }: SealOptions,
): string[] {
  const missing = (["license", "creator", "url"] as const).filter((name) => description[name] === undefined);
  const twins = foldedTwins(resources.map((resource) => resource.name));
  const newer = stepBack(description.version, sealed);
  return [
    ...(newer === undefined ? [] : [`version ${description.version} takes the place of ${newer}, which is newer`]),
    ...(isReused(description.version, resources, sealed)
      ? [
          `version ${description.version} was sealed before with other files, and receivers cannot tell the two apart; give --release`,
        ]
      : []),
    ...(missing.length > 0 && !detached && !earlier.ownCroissant
      ? [`the description states no ${missing.join(", no ")}; give ${missing.map((name) => `--${name}`).join(", ")}`]
      : []),
    ...twins.map(([a, b]) => `${a} and ${b} are one file where case or Unicode form does not count`),
  ];
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
