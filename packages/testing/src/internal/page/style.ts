/** How the page looks. */
export const style = String.raw`
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f5f2, #191816);
  --card: light-dark(#ffffff, #23211e);
  --line: light-dark(#dedbd4, #3a3733);
  --ink: light-dark(#1f1d1a, #eceae5);
  --faint: light-dark(#67625a, #a7a198);
  --accent: light-dark(#a8461f, #eb8d62);
  --good: light-dark(#1c6b3c, #7fc99a);
  --bad: light-dark(#a51d2d, #f08a93);
  --odd: light-dark(#825500, #e2b65c);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 20px 20px 60px; display: grid; gap: 16px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; }
h1 { font-size: 22px; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 13px; margin: 0 0 10px; color: var(--faint); font-weight: 600; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 13px; }
header .mono { color: var(--faint); }
header #live { margin-left: auto; color: var(--faint); font-size: 13px; }
#live::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px;
  background: var(--good); }
#live.lost::before { background: var(--bad); }
.panels { display: flex; flex-wrap: wrap; gap: 16px; }
.panels section { flex: 1 1 340px; }
.panels #controls { flex: 2 1 340px; }
.buttons + h2 { margin-top: 14px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; }
button { font: inherit; font-size: 14px; color: inherit; background: var(--ground); border: 1px solid var(--line);
  border-radius: 7px; padding: 5px 11px; cursor: pointer; min-height: 34px; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#said { min-height: 1.45em; margin: 10px 0 0; font-size: 13px; color: var(--faint); overflow-wrap: anywhere; }
#said.wrong { color: var(--bad); }
.bucket { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 12px; font-size: 13px; margin-bottom: 8px; }
.bucket progress { grid-column: 1 / -1; width: 100%; height: 7px; accent-color: var(--accent); }
.filters { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 6px; }
.filters h2 { margin: 0 auto 0 0; }
input, select { font: inherit; font-size: 14px; color: inherit; background: var(--ground); border: 1px solid var(--line);
  border-radius: 7px; padding: 5px 9px; min-height: 34px; min-width: 0; }
input { flex: 0 1 260px; }
.row { display: grid; grid-template-columns: 66px minmax(180px, 1.2fr) minmax(120px, 0.9fr) 52px minmax(0, 2fr) 90px;
  gap: 12px; align-items: baseline; }
.names { color: var(--faint); font-size: 12px; padding: 6px 8px 4px 26px; border-bottom: 1px solid var(--line); }
details { border-bottom: 1px solid var(--line); }
summary { padding: 7px 8px 7px 6px; cursor: pointer; display: grid; grid-template-columns: 12px minmax(0, 1fr); gap: 8px;
  list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "▸"; color: var(--faint); }
details[open] summary::before { content: "▾"; }
summary:hover { background: var(--ground); }
.row > * { min-width: 0; overflow-wrap: anywhere; }
.time, .model, .tokens { color: var(--faint); font-size: 13px; }
.tokens { text-align: right; }
.status { font-weight: 600; font-variant-numeric: tabular-nums; }
.good .status { color: var(--good); }
.bad .status, .bad .why { color: var(--bad); }
.odd .status, .odd .why { color: var(--odd); }
.why { font-size: 14px; }
.more { display: grid; gap: 8px; padding: 4px 8px 14px 26px; }
.more h3 { margin: 0; font-size: 12px; color: var(--faint); font-weight: 600; }
.more pre { margin: 0; padding: 10px; background: var(--ground); border-radius: 7px; white-space: pre-wrap;
  overflow-wrap: anywhere; max-height: 340px; overflow: auto; }
.empty { color: var(--faint); padding: 18px 8px; }
.empty pre { white-space: pre-wrap; overflow-wrap: anywhere; color: var(--ink); }
@media (max-width: 760px) {
  main { padding: 14px 12px 40px; }
  header #live { margin-left: 0; }
  .names { display: none; }
  .row { grid-template-columns: auto minmax(0, 1fr) auto; gap: 2px 10px; }
  .status { order: 1; }
  .what { order: 2; }
  .time { order: 3; }
  .model { order: 4; grid-column: 1 / 3; }
  .tokens { order: 5; }
  .why { order: 6; grid-column: 1 / -1; }
  .why:empty, .model:empty { display: none; }
  input { flex: 1 1 100%; }
  select { flex: 1; }
  button, input, select { min-height: 40px; }
}
`
