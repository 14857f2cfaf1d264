/** The style of the report: light or dark as the reader has it, one column on a telephone, three on a desk. */
export const style = `
:root {
  color-scheme: light dark;
  --back: #ffffff; --text: #1d2330; --muted: #5b6475; --line: #dfe3ea; --code: #f2f4f8; --link: #1a5fb4;
  --policy-0: #6b7280; --policy-1: #d97706; --policy-2: #1d6fd8; --policy-3: #0f9d76; --policy-4: #8b4bd0;
  --policy-5: #c83349; --policy-6: #7a5a3a; --policy-7: #c2559d; --policy-8: #4d7c0f; --policy-9: #0e7490;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171d; --text: #e6e9ef; --muted: #9aa4b5; --line: #2c323d; --code: #20252e; --link: #8ab8ff;
    --policy-0: #a3acba; --policy-1: #f3a84b; --policy-2: #6aaeff; --policy-3: #4fd1a5; --policy-4: #bb90f0;
    --policy-5: #f57d8c; --policy-6: #c9a27b; --policy-7: #ec93cc; --policy-8: #a3d65c; --policy-9: #56c5df;
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 80rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; margin: 0 0 .25rem }
h2 { font-size: 1.2rem; margin: 0 0 .25rem }
h2 small { color: var(--muted); font-weight: normal; font-size: .85rem }
p { margin: .25rem 0 .75rem; max-width: 46rem; color: var(--muted) }
code { background: var(--code); padding: .1em .35em; border-radius: 4px; overflow-wrap: anywhere }
a { color: var(--link) }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem }
section { margin-top: 2rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top;
  white-space: nowrap; font-weight: normal }
thead th { color: var(--muted); font-size: .85rem }
th:first-child { text-align: left; white-space: normal; padding-left: 0 }
tbody th span { display: block; color: var(--muted); font-size: .8rem; padding-left: 1.15rem }
tbody th i { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .45rem }
tbody th b { font-weight: 600 }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1rem 1.5rem;
  margin-top: 1rem }
figure { margin: 0; min-width: 0 }
figcaption { color: var(--muted); font-size: .85rem; margin-bottom: .35rem }
figcaption b { color: var(--text) }
svg { display: block; width: 100%; max-width: 26rem; height: auto }
footer { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; color: var(--muted) }
dt { color: var(--text) }
dd { margin: 0 }
@media (max-width: 46rem) {
  body { padding: 1rem .9rem 2rem }
  thead { display: none }
  table, tbody { display: block }
  tbody tr { display: grid; grid-template-columns: repeat(3, 1fr); gap: .1rem .75rem; padding: .5rem 0;
    border-bottom: 1px solid var(--line) }
  tbody th, tbody td { border: 0; padding: 0; text-align: left }
  tbody th { grid-column: 1 / -1 }
  tbody td::before { content: attr(data-title); display: block; color: var(--muted); font-size: .72rem; line-height: 1.2 }
}
`
