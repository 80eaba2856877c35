import { type Html, html } from "../../page/html.ts";
import { bare, percent, plain, rateInterval } from "../../page/numbers.ts";
import * as conditions from "../conditions.ts";
import type { NetworkResult, RunRecord } from "../record.ts";

/** The few numbers to remember, each with what it has to be held against; architectures each have their own. */
export function tiles(record: RunRecord): Html {
  const all = conditions.byNetwork(conditions.headline(record));
  const compared = all.some(({ results }) => conditions.summaryOf(results, conditions.ctaAfter));
  const { stealth, trigger } = record;
  return html`<section class="tiles">
${all.map(({ network, results }) => rates(results, all.length > 1 ? `, ${network}` : ""))}
${!compared && all.length > 0 && accuracy(conditions.reached(record))}
${trigger && tile("Trigger", trigger.inGamut ? "in gamut" : "out of gamut", trigger.inGamut ? "a picture can hold it" : "no picture can hold it")}
${stealth && tile("Likeness (PSNR)", stealth.psnr === null ? "equal" : `${plain(Math.round(10 * stealth.psnr) / 10)} dB`, `SSIM ${plain(Math.round(1e3 * stealth.ssim) / 1e3)}, equal sets have 1`)}
</section>`;
}

/** Attack success and accuracy of one architecture. @param of ", convNet" where there are several. */
function rates(results: readonly NetworkResult[], of: string): Html {
  const summary = (condition: conditions.Condition) => conditions.summaryOf(results, condition);
  const asr = summary(conditions.asr);
  const control = conditions.strongestControl(results);
  const before = summary(conditions.ctaBefore);
  const after = summary(conditions.ctaAfter);
  const archetypes = summary(conditions.archetypeAsr);
  return html`${asr && tile(`Attack success (ASR)${of}`, percent(asr.mean), control ? `${percent(control.summary.mean)} in the strongest control` : "no control measured")}
${after && before && tile(`Clean accuracy (CTA)${of}`, percent(after.mean), `${percent(before.mean)} without tampering`)}
${archetypes && tile(`Archetype-ASR${of}`, percent(archetypes.mean), "on made-up images, not on test images")}`;
}

/** What networks of an untampered set reach; architectures are not averaged. */
function accuracy(ranked: ReturnType<typeof conditions.reached>): Html {
  const [worst, best] = [ranked[0], ranked[ranked.length - 1]];
  if (worst !== best)
    return tile(
      "Clean accuracy (CTA)",
      `${bare(worst.cta.mean)}–${percent(best.cta.mean)}`,
      `${worst.network} … ${best.network}`,
    );
  const interval = rateInterval(best.cta);
  return tile("Clean accuracy (CTA)", percent(best.cta.mean), interval ? `95 % interval ${interval}` : "one network");
}

/** A name, a number, and what it has to be held against. */
export function tile(name: string, value: string, held: string): Html {
  return html`<div class="card tile"><span class="name">${name}</span><b>${value}</b><span>${held}</span></div>`;
}
