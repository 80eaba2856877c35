import { style } from "../../page/style.ts";

const shades = Array.from({ length: 10 }, (_, i) => i + 1).map(
  (level) =>
    `.warm-${level}{background:color-mix(in oklab,var(--series-1) ${5 * level}%,var(--card))}.cool-${level}{background:color-mix(in oklab,var(--series-2) ${5 * level}%,var(--card))}`,
);

/** The style sheet of a sweep's page: that of every report, and what its tables need. */
export const sweepStyle = `${style}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:3px}
a:hover{text-decoration-color:currentColor}
tbody th{text-align:left}
.r{text-align:right}
td.r,.short{white-space:nowrap}
.long{overflow-wrap:anywhere;min-width:12em;max-width:22em}
th:has(+.r){padding-right:22px}
.merged{max-width:220px;overflow-wrap:anywhere}
th.merged:not(.always *){display:none}
tbody th.short:first-child{position:sticky;left:0;z-index:1;background:var(--card)}
td.strongest{font-weight:650}
td.worked,td.weak{color:var(--tone);font-weight:650}
td.failed,td.inconclusive{color:inherit}
td.error{min-width:16em;overflow-wrap:anywhere}
td.error b{color:var(--worked);font-weight:600}
.v{position:relative;cursor:default;border-radius:3px;outline-offset:2px}
.v .tip{position:absolute;right:0;bottom:calc(100% + 5px);z-index:2;visibility:hidden;white-space:nowrap;padding:3px 9px;border-radius:6px;background:var(--ink);color:var(--card);
font-size:12.5px;font-weight:400;line-height:1.5;pointer-events:none}
.v:hover .tip,.v:focus .tip{visibility:visible}
td:nth-child(-n+4) .tip{right:auto;left:0}
.choose{display:flex;flex-wrap:wrap;gap:10px 16px;margin-bottom:14px}
.card.choose{margin-top:28px;margin-bottom:0}
.choose label{display:block;min-width:0;max-width:min(100%,320px)}
.choose label>span{display:block;font-size:12.5px;color:var(--soft);overflow-wrap:anywhere}
select,input,button{font:inherit;font-size:14px;color:inherit;background:var(--page);border:1px solid var(--rule);border-radius:7px;padding:4px 8px;max-width:100%}
input{width:22ch}
:focus-visible{outline:2px solid var(--series-2);outline-offset:1px}
button{cursor:pointer}
button:disabled{opacity:.45;cursor:default}
.sort{all:unset;cursor:pointer;color:inherit}
.sort:focus-visible{outline:2px solid var(--series-2);outline-offset:2px}
[aria-sort=ascending] .sort::after{content:" ↑"}
[aria-sort=descending] .sort::after{content:" ↓"}
.pager{display:flex;flex-wrap:wrap;align-items:center;gap:8px;margin:12px 0 0;font-size:13.5px;color:var(--soft)}
.pager span{padding:0 6px;font-variant-numeric:tabular-nums}
.heat,.compact table{width:auto;min-width:50%}
.compact :is(th,td){padding-right:34px}
.heat td{text-align:center;white-space:nowrap;padding:7px 10px;border:2px solid var(--card)}
.heat th{padding-right:12px;vertical-align:middle}
.heat thead th+th{text-align:center;padding-right:10px;padding-left:10px}
.heat .v{display:block}
.heat .held{display:block;font-size:12px;opacity:.8}
${shades.join("\n")}
@media (max-width:560px){th.merged:not(.always *){display:table-cell;width:34vw;min-width:110px;position:sticky;left:0;z-index:1;background:var(--card)}.apart{display:none}.pager{gap:6px}.pager span{order:-1;flex-basis:100%;padding:0}
.merged{max-width:38vw}td .v .tip{position:fixed;left:14px;right:14px;bottom:14px;white-space:normal;padding:10px 14px;font-size:14px}.compact :is(th,td){padding-right:14px}}
@media print{.choose,.pager button{display:none}}`;
