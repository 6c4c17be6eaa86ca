"""The one style sheet of all pages: inside the page, allowed by its hash, so that a page asks for nothing else.

Follows the habits of the NL Design System: large readable text, clear focus, colours with at least 4.5 : 1
contrast, no meaning by colour alone. Dark where the reader's system is dark.
"""

from gateway.validator.rendering.html import style_below
from gateway.validator.report.style import COLOURS, REPORT

STYLE = (
    f"\n{COLOURS}"
    + """*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 "Fira Sans","Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif}
header{background:var(--head);color:#fff}
header .in,main,footer .in{max-width:62rem;margin:0 auto;padding:1rem 1.25rem}
header .in{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline}
header a{color:#fff}header .name{font-weight:700;font-size:1.2rem;text-decoration:none}
header .who{margin-left:auto;display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:center}
header form{margin:0}
header button.quiet{background:none;border-color:#fff;color:#fff;min-height:2rem;padding:.1rem .7rem}
header nav{background:rgb(0 0 0/.25)}
header nav ul.in{display:flex;flex-wrap:wrap;gap:0 1.25rem;list-style:none;padding:0 1.25rem}
header nav li a{display:inline-block;padding:.5rem 0 .35rem;border-bottom:3px solid transparent;
text-decoration:none}
header nav a:hover{text-decoration:underline}
header nav a[aria-current]{border-bottom-color:#fff;font-weight:700}
header :focus-visible{outline-color:#ffb612}
footer{border-top:1px solid var(--line);margin-top:2.5rem;font-size:.95rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--paper);color:var(--link);
padding:.5rem 1rem}
h1{font-size:1.8rem;line-height:1.25;margin:1.2rem 0 .6rem}
h2{font-size:1.3rem;line-height:1.3;margin:2rem 0 .6rem}
h3{font-size:1.05rem;margin:1.2rem 0 .3rem}
p,ul,ol,dl{margin:.5rem 0}
code,pre{font-family:"Fira Code",Consolas,"DejaVu Sans Mono",monospace;font-size:.92em}
code{background:var(--soft);padding:.1em .3em;border-radius:.2em;overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--line);padding:.75rem 1rem;overflow-x:auto;border-radius:.25rem}
pre.whole{white-space:pre-wrap;overflow-wrap:anywhere;max-height:34rem;overflow-y:auto}
pre.whole code{overflow-wrap:anywhere}
ul.marked{list-style:none;padding:0}ul.marked li{padding:.15rem 0}
pre code{background:none;padding:0;overflow-wrap:normal}
.wide{overflow-x:auto;position:relative}
table{border-collapse:collapse;width:100%;margin:.75rem 0}
th,td{text-align:left;vertical-align:top;padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--line)}
thead th{border-bottom:2px solid var(--line)}
dl.facts{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.3rem 1.5rem}
dl.facts dt{font-weight:600}dl.facts dd{margin:0;overflow-wrap:anywhere}
.lead{font-size:1.15rem}
.muted{opacity:.8}
.detail{display:block;opacity:.8;font-size:.85em}
.method{font-weight:700;min-width:4.2rem;display:inline-block}
details{border:1px solid var(--line);border-radius:.25rem;margin:.6rem 0;padding:.25rem 1rem}
summary{cursor:pointer;padding:.4rem 0;overflow-wrap:anywhere}
td form{display:inline}.part{display:block}.part a{display:inline-block;padding:.15rem 0}
@media (min-width:44.01rem){.number{text-align:right;white-space:nowrap}}
@media (max-width:44rem){header .who{margin-left:0}}
.number:not(:last-child),.n:not(:last-child){padding-right:1.5rem}
form.row{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:end}
form.row p{margin:.25rem 0;min-width:0;max-width:100%}
label{display:block;font-weight:600}
textarea,input,select,button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--edge);
border-radius:.25rem;padding:.4rem .6rem;min-height:2.6rem}
button{background:var(--link);color:var(--paper);border-color:var(--link);font-weight:600;cursor:pointer}
form.drop{border:.15rem dashed var(--link);border-radius:.5rem;padding:1.5rem;background:var(--soft);
margin:1.2rem 0}
form.drop.over{border-style:solid;background:var(--paper)}
form.drop label{font-size:1.25rem}form.drop input{display:block;width:100%;padding:1.4rem 1rem;margin:.7rem 0;
border-style:dashed;background:var(--paper)}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}tr.unread{font-weight:700}
figure{margin:1rem 0}.chart{display:block;width:100%;max-width:44rem;height:auto;font-size:13px;fill:var(--ink)}
@media (max-width:44rem){.chart{font-size:22px}}
.chart polyline,.chart line{fill:none;stroke:var(--link);stroke-width:3}
.chart .axis{stroke:var(--edge);stroke-width:1}
.chart .forecast{stroke:var(--bad);stroke-dasharray:8 5;stroke-width:2}.chart .expected{stroke-dasharray:3 4}
.chart .range{fill:var(--link);opacity:.2}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem}
.key::before{content:"";display:inline-block;width:2rem;border-top:3px solid var(--link);margin-right:.5rem;
vertical-align:middle}
.key.forecast::before{border-top:2px dashed var(--bad)}.key.expected::before{border-top-style:dotted}
.actions{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:center}
button.plain{background:none;border:0;color:var(--link);text-decoration:underline;font-weight:400;
padding:0;min-height:0}
@media (max-width:44rem){dl.facts{grid-template-columns:minmax(0,2fr) minmax(0,3fr)}
table.folding thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.folding,table.folding tbody,table.folding tr,table.folding td{display:block;width:100%}
table.folding tr{border:1px solid var(--line);border-radius:.25rem;margin:.6rem 0;padding:.4rem .75rem}
table.folding td{text-align:left;border:0;padding:.15rem 0;overflow-wrap:anywhere}
table.folding td::before{content:attr(data-label)": ";font-weight:600}}
@media print{header,footer,form,form.row,.skip,.actions{display:none}main{max-width:none;padding:0}a{color:inherit}
tr,li{break-inside:avoid}}
textarea,input,select{max-width:100%}
.verdict h2{margin-top:0}
a.button{display:inline-block;background:var(--link);color:var(--paper);border-radius:.25rem;padding:.5rem .8rem;
font-weight:600;text-decoration:none}
.hint{display:block;font-weight:400;opacity:.85}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem}
"""
    + REPORT
)

READABLE = (
    style_below(".readable")
    + """.readable{position:relative;border:1px solid var(--line);overflow:auto;border-radius:.25rem;
max-height:60rem}
.readable:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.readable>div{padding:.5rem 1rem 1rem}
.readable{dl.facts{display:block}dl.facts dt{font-weight:400}
details{border:0;margin:0;padding:0}h3{margin:0 0 .4rem}.note>b>a{color:inherit}
th{border-top:0}.note:target{outline:3px solid var(--focus)}}
@media print{.readable{max-height:none;overflow:visible;border:0}}
"""
)
"""For pages with a document to read."""
