import type { AuditResult, NamedDetection, Suspect } from "../../audit/auditSet.ts";
import type { AuditConclusion } from "../../audit/verdict.ts";
import type { Console } from "../shell/console.ts";

/** Print what an audit found. */
export function showAudit(
  { verdict, sentences, significance }: AuditConclusion,
  result: AuditResult,
  console: Console,
): void {
  console.line(`${verdict.toUpperCase()}: ${sentences[0]}`);
  console.line(sentences[1]);
  console.line();
  const percent = (rate: number) => `${(100 * rate).toFixed(0)} %`;
  console.table(result.suspects, [
    { title: "class", of: ({ targetClass }: Suspect) => targetClass },
    { title: "found by", of: ({ detector }: Suspect) => detector, align: "left" },
    { title: "row", of: ({ patch }: Suspect) => patch.top },
    { title: "column", of: ({ patch }: Suspect) => patch.left },
    { title: "calls", of: ({ held }: Suspect) => percent(held), align: "right" },
    {
      title: "images that carry it",
      of: ({ support }: Suspect) => support.flagged.join(", ") || "none",
      align: "left",
    },
    { title: "before", of: ({ support }: Suspect) => percent(support.before), align: "right" },
    { title: "without", of: ({ support }: Suspect) => percent(support.after), align: "right" },
    { title: "drop", of: ({ support }: Suspect) => percent(support.drop), align: "right" },
  ]);
  console.line();
  console.table(result.findings, [
    { title: "detector", of: ({ detector }: NamedDetection) => detector, align: "left" },
    { title: "score", of: ({ score }: NamedDetection) => score.toFixed(3), align: "right" },
    { title: "class", of: ({ targetClass }: NamedDetection) => targetClass ?? "–" },
    { title: "images", of: ({ images }: NamedDetection) => few(images), align: "left" },
    { title: "own rule", of: ({ alarm }: NamedDetection) => (alarm === undefined ? "" : alarm ? "fires" : "silent") },
    { title: "cost", of: ({ cost }: NamedDetection) => cost },
  ]);
  for (const { detector, note } of result.findings) if (note !== undefined) console.line(`${detector}: ${note}`);
  console.line();
  for (const { method, n, p } of significance) console.line(`p ${p.toFixed(3)} against ${n} clean sets: ${method}`);
}

/** Some of a list of images. */
function few(images: readonly number[] | undefined): string {
  if (!images || images.length === 0) return "–";
  return images.length > 8 ? `${images.slice(0, 8).join(", ")} and ${images.length - 8} more` : images.join(", ");
}
