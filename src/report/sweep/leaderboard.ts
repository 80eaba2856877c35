import { canonicalJson } from "../../core/hash.ts";
import { kebab } from "../../core/spelling.ts";
import { type FinishedTrial, type SweepRecord, sweepFormat, type Trial } from "./sweepRecord.ts";

/** A sweep's record, what it is called, and where its folder lies as seen from the page: "runs/a/"; absent: trials are not linked. */
export interface BoardSource {
  readonly name: string;
  readonly record: SweepRecord;
  readonly folder?: string;
}

/** An axis of the board: what of a trial's configuration it stands for, and how a sweep calls that. */
interface BoardAxis {
  readonly name: string;
  readonly content: (config: Config) => unknown;
  readonly label: (source: BoardSource, trial: Trial) => string;
}

type Config = Readonly<Record<string, unknown>>;

/** Sets in rows and attacks in columns, as the page's map shows the first two; then what judged them. */
const boardAxes: readonly BoardAxis[] = [
  {
    name: "set",
    // Where the file lay says nothing of what is in it.
    content: ({ set }) => (member(set, "sha256") === undefined ? set : { ...(set as Config), file: undefined }),
    label: (_, { axes, config }) => text(axes.set) ?? fileName(member(config.set, "file")) ?? "set",
  },
  {
    name: "attack",
    content: ({ attack }) => attack,
    label: ({ record }, { axes, config }) => {
      const method = text(member(config.attack, "method"));
      const preset = text(member(record.experiment.attack, "preset"));
      const base = text(axes.attack) ?? joined(" ", method && kebab(method), preset);
      return joined(" ", base, ...varied(record, axes, /^(attack|trigger)($|\.)/, ["attack"]));
    },
  },
  {
    name: "network",
    content: ({ network }) => network,
    label: (_, { config: { network } }) => joined("-", member(network, "name"), member(network, "width")),
  },
  {
    name: "training",
    content: ({ strategy }) => strategy,
    label: ({ record }, { axes, config }) => {
      const epochs = member(config.strategy, "epochs");
      return joined(" ", epochs && `${epochs} epochs`, ...varied(record, axes, /^strategy($|\.)/));
    },
  },
  {
    name: "test",
    content: ({ test }) => test,
    label: (_, { config: { test } }) => joined(" of ", member(test, "images"), member(test, "data")),
  },
];

/** Where sets were audited: at which level, or by which detectors. */
const auditAxis: BoardAxis = {
  name: "audit",
  content: ({ audit }) => audit,
  label: ({ record }, { axes, config: { audit } }) =>
    text(axes.audit) ??
    joined(" ", member(audit, "level") ?? "none", ...varied(record, axes, /^audit($|\.)/, ["audit", "audit.level"])),
};

/**
 * Lay several sweeps beside each other: one record whose axes are set, attack, network, training and test images, whatever the sweeps
 * varied. What is equal in its whole configuration has one name; what only has the same name in two sweeps gets that of its sweep.
 * Rates are not touched: they are read where the trials stored them.
 *
 * @param sources one at least; of trials with the same id the first counts
 */
export function leaderboard(sources: readonly BoardSource[]): SweepRecord {
  const trials = new Map<string, { readonly source: BoardSource; readonly trial: FinishedTrial }>();
  for (const source of sources)
    for (const trial of source.record.trials)
      if (trial.status === "ok" && !trials.has(trial.id)) trials.set(trial.id, { source, trial });
  const audited = [...trials.values()].some(({ trial }) => trial.config.audit !== undefined);
  const axes = audited ? [...boardAxes, auditAxis] : boardAxes;
  const names = axes.map((axis) => namesOf(axis, [...trials.values()]));
  const placed = [...trials.values()].map(({ source: { folder }, trial }) => {
    const { link, ...rest } = trial;
    const at = axes.map(({ name, content }, i) => [name, names[i].get(canonicalJson(content(trial.config)))] as const);
    const place: Record<string, string> = { ...Object.fromEntries(at), seed: String(trial.config.seed ?? 0) } as never;
    return { ...rest, axes: place, ...(link !== undefined && folder !== undefined && { link: folder + link }) };
  });
  const valuesOf = (name: string) => [...new Set(placed.map(({ axes }) => axes[name]))];
  const from = (part: "versions" | "data") =>
    Object.assign({}, ...sources.map(({ name, record }) => prefixed(record[part], name)));
  return {
    format: sweepFormat,
    title: "Leaderboard",
    command: `retort report --leaderboard ${sources.map(({ name }) => name).join(" ")}`,
    experiment: Object.fromEntries(sources.map(({ name, record }) => [name, record.title])),
    axes: [
      ...axes.map(({ name }) => ({ name, values: valuesOf(name) })),
      { name: "seed", values: valuesOf("seed"), repeats: true },
    ],
    trials: placed,
    versions: from("versions"),
    data: from("data"),
  };
}

/**
 * A name for each content of an axis: the first that a sweep gave it. Where another content has that name already it stays the same only
 * if they agree in all that both say, as records of an earlier version leave out what it did not know.
 */
function namesOf(
  { name, content, label }: BoardAxis,
  trials: readonly { readonly source: BoardSource; readonly trial: FinishedTrial }[],
): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Map<string, unknown>();
  // A name that somebody chose says more than that of a file.
  const chosen = ({ trial }: (typeof trials)[number]) => Number(name in trial.axes);
  for (const { source, trial } of [...trials].sort((a, b) => chosen(b) - chosen(a))) {
    const own = content(trial.config);
    const key = canonicalJson(own);
    if (names.has(key)) continue;
    const plain = label(source, trial);
    const free = (name: string) => !taken.has(name) || agree(taken.get(name), own);
    let found = [plain, `${plain} (${source.name})`].find(free);
    for (let i = 2; found === undefined; i++) found = [`${plain} (${source.name} ${i})`].find(free);
    names.set(key, found);
    if (!taken.has(found)) taken.set(found, own);
  }
  return names;
}

/** Whether two JSON values say nothing different: members that only one has count for nothing. */
function agree(a: unknown, b: unknown): boolean {
  const [left, right] = [plainObject(a), plainObject(b)];
  if (!left || !right) return canonicalJson(a) === canonicalJson(b);
  return Object.keys(left).every((name) => right[name] === undefined || agree(left[name], right[name]));
}

/** Values of a sweep's axes of a kind that vary in it: "lr 0.003". */
function varied(record: SweepRecord, axes: Trial["axes"], kind: RegExp, except: readonly string[] = []): string[] {
  return record.axes
    .filter(({ name, values, repeats }) => kind.test(name) && !repeats && values.length > 1 && !except.includes(name))
    .map(({ name }) => (typeof axes[name] === "string" ? axes[name] : `${name.split(".").pop()} ${axes[name]}`));
}

/** What is there of the parts; a dash for nothing. */
const joined = (between: string, ...parts: unknown[]): string =>
  parts.filter((part) => part !== undefined && part !== null && part !== "").join(between) || "–";
const plainObject = (value: unknown): Config | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Config) : undefined;
const member = (value: unknown, name: string): unknown => plainObject(value)?.[name];
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const fileName = (value: unknown): string | undefined => text(value)?.split("/").pop();
const prefixed = (table: Config, name: string): Config =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [`${name}: ${key}`, value]));
