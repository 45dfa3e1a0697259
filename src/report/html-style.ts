/** The looks of the HTML report: light, dark and printed. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2128;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--link:#0757ba;
--red:#b3121d;--orange:#8f4a00;--green:#116329;--blue:#0757ba;--zebra:#f9fafb}
@media(prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e6e9ee;--soft:#9ba5b0;--line:#333c47;--card:#171d25;
--link:#7ab7ff;--red:#ff8f8a;--orange:#f0b429;--green:#62d27f;--blue:#7ab7ff;--zebra:#141a21}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main,footer,nav{max-width:76rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}main{padding-bottom:2rem}
h1{font-size:1.7rem;line-height:1.25;margin:.2rem 0 1rem}h2{font-size:1.3rem;margin:2.4rem 0 .8rem;padding-top:.8rem;
border-top:1px solid var(--line)}h3{font-size:1.08rem;margin:1.6rem 0 .5rem}h4{font-size:1rem;margin:1.2rem 0 .4rem}
section:first-of-type h2{border-top:0;margin-top:1rem}h3 code,h4 code{font-size:1em}
h1,h2,h3,h4,p,li,td,th,summary{overflow-wrap:anywhere}
a{color:var(--link)}.repo{color:var(--soft);margin:0}.verdict{background:var(--card);border:1px solid var(--line);
border-left:5px solid var(--blue);border-radius:8px;padding:.9rem 1.1rem;font-size:1.08rem}
.verdict.bad{border-left-color:var(--red)}.verdict p{margin:0}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;list-style:none;padding:0;margin:1rem 0}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--card);padding:.08em .3em;
border-radius:4px}pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem;overflow:auto}
pre code{padding:0;background:none}
.scroll{overflow-x:auto;margin:.6rem 0 1.2rem;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.93rem}caption{text-align:left;padding:.5rem .7rem;color:var(--soft);
font-weight:600}th,td{text-align:left;vertical-align:top;padding:.42rem .7rem;border-top:1px solid var(--line);
overflow-wrap:break-word;min-width:4rem}thead th{background:var(--card);white-space:nowrap}tbody th{font-weight:600}
tbody tr:nth-child(even){background:var(--zebra)}
thead button{all:unset;cursor:pointer;font-weight:600}thead button:focus-visible,.scroll:focus-visible,summary:focus-visible,
input:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
thead button::after{content:" \\2195";color:var(--soft)}th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
.tools{display:flex;gap:.8rem;align-items:center;flex-wrap:wrap;position:sticky;top:0;background:var(--bg);
padding:.6rem 0;z-index:1;border-bottom:1px solid var(--line)}
.tools input{font:inherit;padding:.35rem .6rem;border:1px solid var(--soft);border-radius:6px;background:var(--bg);
color:var(--fg);width:20rem;max-width:100%}
.badge{display:inline-block;border:1px solid currentColor;border-radius:1em;padding:0 .55em;font-size:.86em;
font-weight:600;white-space:nowrap;color:var(--soft)}
.critical,.malicious,.failed,.downgrade,.removed,.caution>.alert-word{color:var(--red)}
.high,.major,.source,.warning>.alert-word{color:var(--orange)}.fixed,.patch{color:var(--green)}.new,.minor{color:var(--blue)}
.alert{border-left:4px solid var(--line);padding:.3rem 1rem;margin:1rem 0;background:var(--card);color:var(--fg)}
.alert.caution{border-color:var(--red);color:var(--fg)}.alert.warning{border-color:var(--orange);color:var(--fg)}
.alert-word{font-weight:700;margin:.3rem 0}blockquote{margin:.8rem 0;padding:.1rem 1rem;border-left:4px solid var(--line);
color:var(--soft)}details{margin:.7rem 0}summary{cursor:pointer;font-weight:600}
footer{color:var(--soft);border-top:1px solid var(--line);padding-top:1rem;padding-bottom:2rem;font-size:.9rem}
hr{border:0;border-top:1px solid var(--line)}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}[hidden]{display:none!important}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--soft:#444;--line:#bbb;--card:#fff;--zebra:#fff;--link:#000;
--red:#900;--orange:#740;--green:#040;--blue:#036}body{font-size:10pt}nav,.tools,.skip{display:none!important}
.scroll,pre{overflow:visible;border-radius:0}pre{white-space:pre-wrap}tr,h2,h3{break-inside:avoid}h2,h3{break-after:avoid}
thead{display:table-header-group}thead button::after{content:""!important}
details::details-content{content-visibility:visible!important;display:block!important;height:auto!important}}
`;
