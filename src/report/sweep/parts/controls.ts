import { type Html, html } from "../../../page/html.ts";
import { type Control, filterControls, sizeControls, type View } from "../view.ts";
import type { Part } from "./Part.ts";

/** Lists to choose from. */
export function choosers(controls: readonly Control[], view: View): Html {
  return html`${controls.map(
    ({ name, label, options }) =>
      html`<label><span>${label}</span><select data-name="${name}" data-key="${name}">${options.map(
        ({ value, text }) =>
          html`<option value="${value}"${view[name] === value ? html` selected` : html``}>${text}</option>`,
      )}</select></label>`,
  )}`;
}

/** What all tables and charts below are filtered by. Shown only where a script can answer. */
export const filterPart: Part = ({ data }, view, live) =>
  live
    ? html`<section class="card choose" aria-label="Filters"><label class="find"><span>Find words of any axis</span><input type="search" data-name="find" data-key="find" maxlength="200" value="${view.find}"></label>${choosers([...filterControls(data), ...sizeControls()], view)}</section>`
    : html``;
