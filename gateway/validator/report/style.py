"""The style of a report, alone and inside the pages of `web`: large readable text, colours with at least 4.5 : 1
contrast, no meaning by colour alone, dark where the reader's system is dark."""

COLOURS = """:root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--soft:#f3f5f8;--line:#b8c2cf;--link:#0b5394;
--head:#154273;--good:#1d6b34;--bad:#a81c1c;--warn:#8a5200;--focus:#a34a00;--edge:#6b7685}
@media (prefers-color-scheme:dark){:root{--ink:#ececec;--paper:#14181d;--soft:#1f262e;--line:#4b5766;
--link:#8fc3f5;--head:#0f2f52;--good:#7fd196;--bad:#ff9c94;--warn:#ffc46b;--focus:#ffb612;--edge:#8b97a6}}
"""

REPORT = """.verdict{border:1px solid var(--line);border-left:.5rem solid var(--line);padding:.75rem 1rem;
margin:1rem 0;background:var(--soft)}
.verdict.good{border-left-color:var(--good)}.verdict.bad{border-left-color:var(--bad)}
.verdict p{margin:.2rem 0;overflow-wrap:anywhere}
.mark{font-weight:700}.mark.good{color:var(--good)}.mark.fatal,.mark.bad{color:var(--bad)}
.mark.warning{color:var(--warn)}
ol.findings{list-style:none;padding:0;position:relative}
ol.findings>li{border:1px solid var(--line);border-left:.5rem solid var(--line);padding:.75rem 1rem;
margin:.75rem 0;scroll-margin-top:1rem}
ol.findings>li.fatal{border-left-color:var(--bad)}ol.findings>li.warning{border-left-color:var(--warn)}
ol.findings>li:target,.rows .row:target{outline:3px solid var(--focus);outline-offset:-1px}
ol.findings p{margin:.25rem 0}ol.findings h3{margin-top:0}ol.findings h3>*{margin-right:.4rem}
ol.findings .advice{font-weight:600}
ol.findings dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;margin:.5rem 0 0;
font-size:.94em}
ol.findings dt{opacity:.8}ol.findings dd{margin:0;overflow-wrap:anywhere}
.rows{position:relative;border:1px solid var(--line);background:var(--soft);border-radius:.25rem;overflow:auto;
max-height:40rem;font-size:.86em;line-height:1.5;padding:.4rem 0}
.rows:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.rows .row{padding:0 .75rem 0 5rem;text-indent:-5rem;white-space:pre-wrap;overflow-wrap:anywhere;
scroll-margin-top:6rem}
.rows .row code{background:none;padding:0;tab-size:2}
.rows .row .nr{display:inline-block;width:5rem;padding-right:.8rem;text-indent:0;
text-align:right;opacity:.75;user-select:none}
.rows .row.fatal{background:color-mix(in srgb,var(--bad) 14%,transparent);box-shadow:inset .3rem 0 var(--bad)}
.rows .row.warning{background:color-mix(in srgb,var(--warn) 16%,transparent);box-shadow:inset .3rem 0 var(--warn)}
.rows .row .mark{text-indent:0;margin-left:.8rem;padding:0 .4rem;font-size:.92em;
background:var(--paper);border-radius:.2em}
.rows .gap{padding:.2rem 0 .2rem 4.2rem;font-style:italic;opacity:.85}
.rows .before{border:0;margin:0;padding:0}.rows .before summary{padding:.2rem .75rem}
main:has(.report.paired,.report.shown){max-width:104rem}
.panes section{min-width:0}
@media (min-width:72rem){.report.paired{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.15fr);gap:2rem}
.report.paired .document{position:sticky;top:.5rem;align-self:start}
.report.paired .rows{max-height:calc(100vh - 5.5rem)}
.report.paired .document h2{margin-top:1rem}}
@media (min-width:72rem){.report .panes:not(.single){display:grid;
grid-template-columns:minmax(0,1.1fr) minmax(0,1fr);gap:2rem}
.report .panes .readable,.report .panes .rows{max-height:calc(100vh - 5.5rem)}
.report.shown ol.findings:has(li:nth-child(5)){max-height:34rem;overflow:auto}}
@media print{.rows{max-height:none;overflow:visible}}
"""

PAGE = """*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 "Fira Sans","Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif}
main,footer{max-width:62rem;margin:0 auto;padding:1rem 1.25rem}
footer{font-size:.95rem;opacity:.85}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
h1{font-size:1.8rem;line-height:1.25;margin:1.2rem 0 .6rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.3;margin:2rem 0 .6rem}
h3{font-size:1.05rem;margin:1.2rem 0 .3rem}
p,dl{margin:.5rem 0}
code{font-family:"Fira Code",Consolas,"DejaVu Sans Mono",monospace;font-size:.92em;background:var(--soft);
padding:.1em .3em;border-radius:.2em;overflow-wrap:anywhere}
.lead{font-size:1.15rem}.muted{opacity:.8}
"""
