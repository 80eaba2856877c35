import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { classCounts } from "../data/tensorDigests.ts";
import { declaredIn } from "../formats/saysTampered.ts";
import type { Description } from "./croissant.ts";

/** First line below the front matter of a card that Retort wrote. A card without it is the publisher's own. */
export const cardMarker = "<!-- Written by retort seal. Delete this line to write the card yourself. -->";

/** Write the dataset card: front matter as dataset hubs read it, then what a receiver needs to know. */
export function datasetCard(description: Description, set?: DistilledSet | LabelledSet): string {
  const { name, version, date, derivedFrom, facts } = description;
  const tampered = set?.kind === "distilled" && declaredIn(set.metadata) !== undefined;
  const lines = [
    ...frontMatter(description, set),
    cardMarker,
    `# ${escaped(name)}`,
    "",
    ...(tampered
      ? ["> **Warning: this set was deliberately backdoored for research. Do not train anything real on it.**", ""]
      : []),
    description.text ?? "A distilled dataset: synthetic images that train a classifier in place of the raw data.",
    "",
    "| | |",
    "| --- | --- |",
    ...rows([
      ["Version", `${version} (${date})`],
      ["Distilled from", derivedFrom.join(", ")],
      ["Method", facts.method],
      ["Network", facts.network],
      ["Seeds", facts.seeds?.join(", ")],
      ...setRows(set),
      ["Stated accuracy", accuracy(facts.cta)],
      ["Licence", description.license],
      ["Creator", description.creator],
      ["Home", description.url],
    ]),
    "",
    "## Check it before you train on it",
    "",
    "The folder is sealed: `model.sig` is an OpenSSF Model Signing bundle over every file.",
    "",
    "```sh",
    "retort verify . --key publisher.pub",
    "```",
    "",
    "Get the public key, or its fingerprint, from the publisher by another way than this folder. A key found beside the data proves nothing.",
    "",
    "## Limits",
    "",
    "- The images are made for training, not for looking at; accuracy depends on network, schedule and normalisation.",
    "- A seal shows who published the set and that it has not changed since. It does not show that the set is harmless.",
    "",
  ];
  return lines.join("\n");
}

function frontMatter({ name, license }: Description, set?: DistilledSet | LabelledSet): string[] {
  const count = set?.shape[0];
  const size = count === undefined ? [] : ["size_categories:", `- ${sizeCategory(count)}`];
  return [
    "---",
    `pretty_name: ${JSON.stringify(name)}`,
    ...(license
      ? [`license: ${JSON.stringify(/^[A-Za-z0-9.+-]+$/.test(license) ? license.toLowerCase() : "other")}`]
      : []),
    "task_categories:",
    "- image-classification",
    ...size,
    "tags:",
    "- dataset-distillation",
    "- synthetic",
    "---",
    "",
  ];
}

function sizeCategory(count: number): string {
  return count < 1000 ? "n<1K" : count < 10_000 ? "1K<n<10K" : count < 100_000 ? "10K<n<100K" : "100K<n<1M";
}

function setRows(set?: DistilledSet | LabelledSet): [string, string | undefined][] {
  if (!set) return [];
  const [m, c, h, w] = set.shape;
  const counts = classCounts(set);
  const even = counts.every((count) => count === counts[0]);
  return [
    ["Images", `${m} of ${c}×${h}×${w}`],
    ["Classes", `${set.classes}${set.classNames ? `: ${set.classNames.join(", ")}` : ""}`],
    ["Images per class", even ? String(counts[0]) : `${Math.min(...counts)} to ${Math.max(...counts)}`],
    ...(set.kind === "distilled"
      ? ([
          ["Labels", set.labels.kind === "hard" ? "hard" : `soft (${set.labels.form})`],
          [
            "Normalisation",
            [set.normalisation.kind, "name" in set.normalisation && set.normalisation.name].filter(Boolean).join(", "),
          ],
        ] as [string, string][])
      : []),
  ];
}

function accuracy(cta: Description["facts"]["cta"]): string | undefined {
  if (!cta) return undefined;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${percent(cta.value)} ± ${percent(cta.tolerance)}${cta.network ? ` (${cta.network})` : ""}`;
}

function rows(pairs: readonly (readonly [string, string | undefined])[]): string[] {
  return pairs.flatMap(([title, value]) => (value ? [`| ${title} | ${escaped(value)} |`] : []));
}

/** Names come from files and command lines: nothing of them may become markup. */
function escaped(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/[\\`*_{}[\]<>|#]/g, (c) => `\\${c}`);
}
