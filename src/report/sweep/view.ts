import { type Measure, measuredOf, measures, rise, successRate } from "./measures.ts";
import type { SweepData } from "./sweepData.ts";

/** What a reader has chosen: name of a control → value. The page's address carries what differs from the defaults. */
export type View = Readonly<Record<string, string>>;

/** One thing that can be chosen. */
export interface Control {
  readonly name: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly initial: string;
}

/** Lines of a table at a time. */
const pageSizes = ["25", "50", "100"];

/** What is typed or stepped instead of chosen from a list: name → initial value and what is accepted. */
const free: Readonly<Record<string, { readonly initial: string; readonly accepts: RegExp }>> = {
  find: { initial: "", accepts: /^.{0,200}$/s },
  sort: { initial: "", accepts: /^-?[a-z0-9-]{0,20}$/ },
  page: { initial: "0", accepts: /^\d{1,6}$/ },
  "trial-sort": { initial: "", accepts: /^-?[a-z0-9-]{0,20}$/ },
  "trial-page": { initial: "0", accepts: /^\d{1,6}$/ },
  "difference-page": { initial: "0", accepts: /^\d{1,6}$/ },
};

/** Filters: one a factor that varies. */
export function filterControls({ factors }: SweepData): Control[] {
  return factors.flatMap(({ name, values }, i) =>
    values.length > 1
      ? [{ name: `where-${i}`, label: name, options: [{ value: "", text: "all" }, ...listed(values)], initial: "" }]
      : [],
  );
}

/** Axes and colour of the heat map; its axes are the two factors with the most to see: the first two that vary. */
export function heatControls(data: SweepData): Control[] {
  const { factors } = data;
  const varying = factors.flatMap(({ values }, i) => (values.length > 1 ? [i] : []));
  const [rows = 0, columns = rows] = varying;
  const names = listed(factors.map(({ name }) => name));
  return [
    { name: "rows", label: "Rows", options: names, initial: String(rows) },
    { name: "columns", label: "Columns", options: names, initial: String(columns) },
    chosenMeasure(data, "shade", "Colour"),
  ];
}

export function frontControls(data: SweepData): Control[] {
  const gains = measuredOf(data).filter((measure) => measure === rise || measure === successRate);
  const options = gains.map(({ id, title }) => ({ value: id, text: title }));
  return [{ name: "gain", label: "Against the loss of CTA", options, initial: options[0]?.value ?? rise.id }];
}

export function differenceControls(data: SweepData): Control[] {
  const { factors } = data;
  const options = factors.flatMap(({ name, values }, i) =>
    values.length > 1 ? [{ value: String(i), text: name }] : [],
  );
  return [
    { name: "of", label: "Axis", options: [{ value: "", text: "all" }, ...options], initial: "" },
    chosenMeasure(data, "difference", "Of"),
  ];
}

export function trialControls(): Control[] {
  const options = ["all", "ok", "failed"].map((value) => ({ value: value === "all" ? "" : value, text: value }));
  return [{ name: "status", label: "Status", options, initial: "" }];
}

export function sizeControls(): Control[] {
  return [
    {
      name: "size",
      label: "Lines",
      options: pageSizes.map((value) => ({ value, text: value })),
      initial: pageSizes[0],
    },
  ];
}

/** Everything that can be chosen from a list. */
export function allControls(data: SweepData): Control[] {
  return [
    ...filterControls(data),
    ...sizeControls(),
    ...heatControls(data),
    ...frontControls(data),
    ...differenceControls(data),
    ...trialControls(),
  ];
}

/** What the page shows at first. */
export function initialView(data: SweepData): View {
  return Object.fromEntries([
    ...allControls(data).map(({ name, initial }): [string, string] => [name, initial]),
    ...Object.entries(free).map(([name, { initial }]): [string, string] => [name, initial]),
    // What does not fit on one page starts with what matters most.
    ...(conditionCount(data) > Number(pageSizes[0]) ? [["sort", "-rise"]] : []),
  ]);
}

/** Which table goes back to its first page with a choice; filters and the number of lines set all of them back. */
const setsBack: Readonly<Record<string, string>> = {
  sort: "page",
  "trial-sort": "trial-page",
  status: "trial-page",
  of: "difference-page",
  difference: "difference-page",
};
const pageNames = ["page", "trial-page", "difference-page"];

/** Whether a choice concerns every table and chart. */
export function isFilter(name: string): boolean {
  return name === "find" || name === "size" || name.startsWith("where-");
}

/** Choose something else. What is not on offer changes nothing. */
export function choose(data: SweepData, view: View, name: string, value: string): View {
  const control = allControls(data).find((one) => one.name === name);
  const accepted = control
    ? control.options.some((option) => option.value === value)
    : Object.hasOwn(free, name) && free[name].accepts.test(value);
  if (!accepted) return view;
  const back = isFilter(name) ? pageNames : Object.hasOwn(setsBack, name) ? [setsBack[name]] : [];
  return { ...view, ...Object.fromEntries(back.map((page) => [page, "0"])), [name]: value };
}

/** Read a view from the page's address; what it does not know it leaves out. */
export function parseView(data: SweepData, fragment: string): View {
  const chosen = [...new URLSearchParams(fragment.replace(/^#/, ""))];
  // Pages come last: anything else would set them back.
  chosen.sort(([a], [b]) => Number(a.endsWith("page")) - Number(b.endsWith("page")));
  return chosen.reduce((view, [name, value]) => choose(data, view, name, value), initialView(data));
}

/** What differs from the first view, for the page's address. */
export function formatView(data: SweepData, view: View): string {
  const initial = initialView(data);
  return new URLSearchParams(Object.entries(view).filter(([name, value]) => value !== initial[name])).toString();
}

function conditionCount({ measurements }: SweepData): number {
  return new Set(measurements.map(({ at }) => at.join())).size;
}

export function measureOf(id: string): Measure {
  return measures.find((measure) => measure.id === id) ?? rise;
}

function chosenMeasure(data: SweepData, name: string, label: string): Control {
  const options = measuredOf(data).map(({ id, title }) => ({ value: id, text: title }));
  return { name, label, options, initial: options[0]?.value ?? rise.id };
}

function listed(texts: readonly string[]) {
  return texts.map((text, i) => ({ value: String(i), text }));
}
