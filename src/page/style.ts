/** The style sheet of a report. Its digest is in the page's content policy. */
export const style = `
:root{color-scheme:light dark;--page:#f5f3ee;--card:#fffefb;--ink:#20242a;--soft:#666d76;--rule:#e4e0d7;--series-1:#cf4327;--series-2:#2c6cb0;
--series-3:#7d8b2f;--series-4:#8458a8;--series-5:#b97f10;--worked:#b3261e;--weak:#a35b00;--failed:#2f7d4f;--inconclusive:#5f6672;--none:#5f6672}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1c2026;--ink:#e9e6df;--soft:#9ba3ad;--rule:#323943;--series-1:#ff7a5c;--series-2:#6fb0f2;
--series-3:#b6c45a;--series-4:#c096e6;--series-5:#e8b34b;--worked:#ff8a7a;--weak:#f0b25a;--failed:#74cf9a;--inconclusive:#aab2be;--none:#aab2be}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
main,header,footer{max-width:1240px;margin:0 auto;padding:0 24px}
header{padding-top:34px;display:flex;gap:14px;align-items:flex-start}
header svg{flex:none;width:40px;height:40px;color:var(--series-1);margin-top:3px}
h1{font-size:25px;line-height:1.25;margin:0;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:13px;font-weight:650;letter-spacing:.07em;text-transform:uppercase;color:var(--soft);margin:40px 0 12px}
h3{font-size:15px;margin:0 0 10px}
p{margin:0 0 10px}
.sub{color:var(--soft);margin:4px 0 0;overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:18px 20px}
.verdict{margin-top:26px;border-left:6px solid var(--tone);padding:18px 24px}
.verdict h2{all:unset;display:block;font-size:19px;font-weight:680;color:var(--tone);margin-bottom:6px}
.verdict p{font-size:16.5px;max-width:80ch;margin:0;text-wrap:pretty;overflow-wrap:anywhere}
.verdict p+p{margin-top:8px}
.worked{--tone:var(--worked)}.weak{--tone:var(--weak)}.failed{--tone:var(--failed)}.inconclusive{--tone:var(--inconclusive)}.none{--tone:var(--none)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin-top:14px}
.tile{padding:14px 18px}
.tile b{display:block;font-size:25px;line-height:1.25;font-weight:640;letter-spacing:-.015em;font-variant-numeric:tabular-nums;white-space:nowrap}
.tile span{display:block;color:var(--soft);font-size:13px;line-height:1.4}
.tile .name{color:var(--ink);font-weight:600;margin-bottom:3px}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:14px}
.three{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:22px}
figure{margin:0}
figure img{display:block;width:100%;height:auto;image-rendering:pixelated;background:var(--rule)}
figure img.true{width:auto}
figcaption{margin-top:9px;font-size:13.5px;color:var(--soft)}
figcaption b{color:var(--ink);font-weight:600}
.scales{display:flex;gap:18px;align-items:flex-start;flex-wrap:wrap;margin:4px 0 16px}
.scales>div{flex:1 1 200px}
.scales img,.strip img{background:#191c20;border:5px solid #191c20;border-radius:5px}
.scales figure{flex:none}
.scales .magnified{width:138px}
.strip{margin:0 0 14px}
.strip img+img{border-top:0}
.stack{display:grid;gap:14px;align-content:start;grid-template-columns:minmax(0,1fr)}
.below{margin-top:14px}
.note{color:var(--soft);font-size:13.5px;margin:12px 0 0;max-width:90ch}
.badge{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:1px 10px;font-size:13px;font-weight:600}
.good{color:var(--failed)}.bad{color:var(--worked)}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--rule);vertical-align:top}
thead th{font-size:13px;color:var(--soft);font-weight:600;line-height:1.3;vertical-align:bottom}
tbody th{font-weight:500}
tr:last-child>*{border-bottom:0}
td.n{white-space:nowrap}
dl{display:grid;grid-template-columns:fit-content(260px) minmax(0,1fr);gap:7px 20px;margin:0}
dt{color:var(--soft);min-width:110px;overflow-wrap:anywhere}
dd{margin:0;overflow-wrap:anywhere}
code,pre{font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{overflow-wrap:anywhere;white-space:pre-wrap}
.config{columns:3 260px;column-gap:34px}
.config div{break-inside:avoid;display:flex;justify-content:space-between;gap:14px;border-bottom:1px solid var(--rule);padding:4px 0}
.config span{color:var(--soft);overflow-wrap:anywhere}
.config code{text-align:right}
.chart{display:block;width:100%;height:auto;font-family:inherit}
.chart.wide{max-width:620px}
.chart.narrow{display:none}
footer{color:var(--soft);font-size:13px;padding-top:34px;padding-bottom:44px}
@media (max-width:900px){.pair,.three{grid-template-columns:minmax(0,1fr)}}
@media (max-width:560px){main,header,footer{padding-left:14px;padding-right:14px}.card{padding:14px}h1{font-size:21px}.verdict p{font-size:15.5px}
.chart.wide{display:none}.chart.narrow{display:block}.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}.tile{padding:12px 14px}.tile b{font-size:20px}
dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:9px}}
@media print{body{background:none}.card{break-inside:avoid}}
`.trim();
