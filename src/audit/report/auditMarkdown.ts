import { type AuditReport, blindSpots, percent } from "./AuditReport.ts";

/** Report an audit as Markdown: verdict, suspects, scores, what it could not see. */
export function auditMarkdown({ name, conclusion, result, settings, version, seed }: AuditReport): string {
  const suspects = result.suspects.map(({ targetClass, detector, patch, held, support }) =>
    row([
      targetClass,
      detector,
      patch.mask ? "pattern" : `row ${patch.top}, column ${patch.left}, side ${patch.side}`,
      percent(held),
      support.flagged.join(", ") || "none",
      percent(support.drop),
    ]),
  );
  const findings = result.findings.map(({ detector, score, targetClass, images }) =>
    row([detector, score.toFixed(3), targetClass ?? "–", images?.length ?? "–"]),
  );
  const { significance, power } = conclusion;
  return [
    `# Audit of ${escaped(name)}`,
    "",
    `**${conclusion.verdict}**. ${escaped(conclusion.sentences.join(" "))}`,
    "",
    "| class | found by | where | calls | images that carry it | drop |",
    "| --- | --- | --- | --- | --- | --- |",
    ...suspects,
    "",
    "| detector | score | class | images |",
    "| --- | --- | --- | --- |",
    ...findings,
    "",
    ...significance.map(({ method, n, p }) => `- p ${p.toFixed(3)} against ${n} clean sets: ${escaped(method)}`),
    ...(power ?? []).map(
      ({ stamp, found, drop }) => `- ${stamp}: ${found ? "found" : "not found"}, drop ${percent(drop)}`,
    ),
    "",
    "What this audit could not have seen:",
    "",
    ...blindSpots.map((one) => `- ${one}`),
    "",
    `retort ${version}, seed ${seed}, ${Object.entries(settings)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(", ")}`,
    "",
  ].join("\n");
}

const row = (cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => escaped(String(cell))).join(" | ")} |`;

/** Names are the sender's: no markup, no new lines, no further cells. */
const escaped = (text: string): string =>
  text.replace(/[\r\n]+/g, " ").replace(/[\\`*_{}[\]<>|#!]/g, (mark) => `\\${mark}`);
