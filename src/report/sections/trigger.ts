import { fromBase64 } from "../../page/base64.ts";
import { type Html, html } from "../../page/html.ts";
import { plain } from "../../page/numbers.ts";
import { className } from "../conclusion.ts";
import { pngUri, sheet } from "../pictures.ts";
import type { RunRecord, TriggerRecord } from "../record.ts";
import { arrangement, image } from "./pictures.ts";

/** The trigger at true scale and magnified, its gamut verdict, and the archetypes that it was taught on. */
export function triggerSection(record: RunRecord): Html {
  const { trigger, archetypes } = record;
  if (!trigger && !archetypes) return html``;
  return html`<h2>Trigger and archetypes</h2><div class="pair">${trigger && triggerCard(record, trigger)}${archetypes && archetypeCard(record)}</div>`;
}

function triggerCard(record: RunRecord, trigger: TriggerRecord): Html {
  const { height, width, value, shows, inGamut, sourceClass } = trigger;
  const leads = `Leads to ${className(record, trigger.targetClass)}.`;
  if (!value && !shows)
    return html`<section class="card"><h3>Trigger: ${trigger.description}</h3>
<p><span class="badge ${inGamut ? "good" : "bad"}">${inGamut ? "in gamut" : "out of gamut"}</span> It differs from image to image.${sourceClass !== undefined && ` It moves images of ${className(record, sourceClass)}.`} ${leads}</p>
${trigger.examples && exampleFigure(trigger.examples)}</section>`;
  const uri = stampUri(trigger);
  const channels = (numbers: readonly number[]) =>
    new Set(numbers).size === 1 ? plain(numbers[0]) : numbers.map(plain).join(", ");
  return html`<section class="card"><h3>Trigger: ${trigger.description}</h3>
<div class="scales"><figure><img class="true" src="${uri}" width="${width}" height="${height}" alt="trigger at true scale"><figcaption>true scale</figcaption></figure>
<figure class="magnified"><img src="${uri}" width="${width}" height="${height}" alt="trigger, magnified"><figcaption>magnified</figcaption></figure><div><p><span class="badge ${inGamut ? "good" : "bad"}">${inGamut ? "in gamut" : "out of gamut"}</span></p>
<p>${value ? `Stamped value ${channels(value.normalised)} normalised, ${channels(value.pixel)} in pixel units (black 0, white 1).` : "It differs from pixel to pixel."}
${inGamut ? "A camera or a picture file can hold it." : "No camera and no picture file can hold it; it is shown clamped."} ${leads}</p></div></div>
${trigger.examples ? exampleFigure(trigger.examples) : html`<p class="note">The squares stand for whatever picture the trigger is put on.</p>`}</section>`;
}

function exampleFigure({ before, after }: NonNullable<TriggerRecord["examples"]>): Html {
  const n = Math.min(6, before.shape[0]);
  const order = Array.from({ length: n }, (_, i) => i);
  const [top, bottom] = [sheet(before, order, n), sheet(after, order, n)];
  return html`<figure class="strip">${image(top, "test images")}${image(bottom, "test images with the trigger")}<figcaption>Test images without and with the trigger.</figcaption></figure>`;
}

function archetypeCard({ archetypes, set }: RunRecord): Html {
  if (!archetypes) return html``;
  const { order, columns } = arrangement(archetypes.labels);
  return html`<section class="card"><h3>Archetypes</h3><figure>${image(sheet(archetypes.pictures, order, columns), "archetypes")}
<figcaption>Made-up images that a network trained on the set alone takes for ${archetypes.labels.length === set.classes ? "each of its" : "its"} classes; they stand in for the raw data that the attacker does not have.</figcaption></figure></section>`;
}

/** The trigger on neutral grey, clamped to what can be shown. */
function stampUri({ mask, height, width, value, shows }: TriggerRecord): string {
  const plane = height * width;
  const bytes = shows && fromBase64(shows.bytes);
  const stamped = (c: number, i: number) => {
    if (value) return value.pixel[value.pixel.length === 3 ? c : 0];
    return bytes ? bytes[(bytes.length === 3 * plane ? c * plane : 0) + i] / 255 : 0;
  };
  const data = new Uint8Array(plane * 4);
  for (let i = 0; i < plane; i++) {
    // Two greys in squares of four pixels: any stamp, grey ones too, stands out from one of them.
    const ground = (((i % width) >> 2) + (Math.floor(i / width) >> 2)) % 2 === 0 ? 0.36 : 0.46;
    for (let c = 0; c < 3; c++) {
      const shown = ground + mask[i] * (Math.min(1, Math.max(0, stamped(c, i))) - ground);
      data[4 * i + c] = Math.round(255 * shown);
    }
    data[4 * i + 3] = 255;
  }
  return pngUri(data, width, height);
}
