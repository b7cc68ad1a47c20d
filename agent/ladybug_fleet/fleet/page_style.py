"""How the fleet's page looks: on a phone, in the dark, on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --line: #8885; --bad: #b3261e; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7bd88f; } }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 90rem;
  padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0; }
h1, li, td { overflow-wrap: break-word; }
ul { padding-left: 1.2rem; }
.verdict { font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; font-size: .93rem; }
caption { text-align: left; padding: .4rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem; text-align: left;
  vertical-align: top; }
th[scope=row] { white-space: nowrap; }
th[scope=row], code { font-family: ui-monospace, monospace; font-weight: 500; font-size: .9em; }
tr.note td { border-bottom: 2px solid var(--bad); }
@media screen and (max-width: 78rem) {
  thead { position: absolute; clip-path: inset(50%); }
  table, caption, tbody, tr, th[scope=row], td { display: block; }
  tr { border: 1px solid var(--line); border-radius: .4rem; margin-bottom: .8rem; }
  tr.note { margin-top: -.8rem; }
  td { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: .5rem; }
  td::before { content: attr(data-label); opacity: .7; }
}
@media print {
  body { margin: 0; max-width: none; font-size: 8pt; }
  @page { size: landscape; margin: 1cm; }
  table { font-size: 8pt; }
  tr { break-inside: avoid; }
}
"""
