import { markup } from './escaping.ts';

/**
 * The look of the page. Colours are named by meaning and defined once for light and once for dark; text on its
 * background has a contrast of at least 4.5 to 1 in both. Below 640 px tables of class `stack` become blocks.
 */
export const pageStyle = markup`
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --text: #1d2126; --quiet: #5c6570; --line: #e3e5e8; --code: #f1f2f4;
  --good: #1a7040; --good-back: #e5f4ea; --bad: #b3261e; --bad-back: #fdecea; --warn: #8a5300; --warn-back: #fdf1dc;
  --open: #6b3fa0; --open-back: #f2ebfa; --rest: #5c6570; --rest-back: #eceef0; --link: #1f5fb0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1b1f24; --text: #e4e7ea; --quiet: #9aa4af; --line: #2d333a; --code: #252a31;
    --good: #6fce94; --good-back: #16301f; --bad: #ff8d85; --bad-back: #3a1a18; --warn: #f0b95c; --warn-back: #352711;
    --open: #c7a3f2; --open-back: #2a1f3a; --rest: #9aa4af; --rest-back: #252a31; --link: #86b6f5;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 24px 72px; }
h1, h2, h3, h4, p { margin: 0; }
h2 { font-size: 19px; margin: 44px 0 12px; letter-spacing: -.01em; }
h3 { font-size: 16px; margin: 24px 0 10px; }
h3 small { font-size: 13px; font-weight: 400; color: var(--quiet); margin-left: 6px; }
h4 { font-size: 15px; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: 2px; }
code { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.passed, .conformant { --tone: var(--good); --back: var(--good-back); }
.failed, .not-conformant { --tone: var(--bad); --back: var(--bad-back); }
.unexpectedly-passed, .known-failing { --tone: var(--warn); --back: var(--warn-back); }
.could-not-run { --tone: var(--open); --back: var(--open-back); }
.skipped { --tone: var(--rest); --back: var(--rest-back); }
.sign { font-weight: 700; margin-right: .35em; }

.verdict { background: var(--card); border: 1px solid var(--line); border-top: 5px solid var(--tone); border-radius: 10px; padding: 18px 24px 20px; }
.brand { font-size: 13px; font-weight: 600; }
.brand span { font-weight: 400; color: var(--quiet); margin-left: 6px; }
h1 { font-size: 34px; line-height: 1.2; letter-spacing: -.02em; color: var(--tone); margin-top: 12px; }
.reason { font-size: 17px; margin: 4px 0 16px; overflow-wrap: anywhere; }
.share { display: flex; gap: 2px; height: 8px; border-radius: 4px; overflow: hidden; }
.share span { background: var(--rest-back); min-width: 5px; flex-basis: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.share [class] { background: var(--tone); }
.share .passed { opacity: .55; }
.totals { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 10px 0 14px; padding: 0; }
.totals li { color: var(--tone); }
.totals .planned { color: var(--quiet); }
.facts { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 13px; color: var(--quiet); border-top: 1px solid var(--line); padding-top: 12px; }
.facts span { overflow-wrap: anywhere; }
.facts b { font-weight: 600; color: var(--text); }
.note { font-size: 13px; color: var(--quiet); margin-top: 4px; overflow-wrap: anywhere; }

.card { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 8px; padding: 14px 18px; margin: 0 0 12px; }
.card > * + * { margin-top: 8px; }
.diagnosis { border-left: 3px solid var(--line); padding-left: 10px; }
.diagnosis pre { overflow-x: auto; margin: 6px 0; }
.name code { font-weight: 600; margin-right: 6px; }
.tag { display: inline-block; font-size: 12px; line-height: 18px; color: var(--quiet); background: var(--code); border-radius: 4px; padding: 0 6px; margin: 1px 4px 1px 0; }
.got { color: var(--bad); font-weight: 600; }
mark { color: inherit; background: var(--good-back); border-radius: 3px; padding: 1px 0; }
.got mark { background: var(--bad-back); }
.source, .hint, .why, .what { color: var(--quiet); font-size: 13px; font-weight: 400; }
.evidence { font-size: 14px; }
.frames pre { font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-x: auto; margin: 8px 0; padding: 10px 12px; border: 1px solid var(--line); border-radius: 6px; }
.frames summary { cursor: pointer; font-size: 14px; }
.rerun { margin-top: 16px; }
.rerun code { background: var(--code); border-radius: 6px; padding: 4px 8px; user-select: all; }
.names { margin: 6px 0 0; padding-left: 20px; }

table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); font-weight: 400; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { font-size: 12px; color: var(--quiet); white-space: nowrap; overflow-wrap: normal; }
.number { text-align: right; white-space: nowrap; }
.mismatches, .cases { table-layout: fixed; }
.mismatches thead th:nth-child(1) { width: 6.6rem; }
.mismatches thead th:nth-child(2) { width: 16%; }
.mismatches thead th:nth-child(5) { width: 19%; }
.cases thead th:nth-child(1) { width: 12rem; }
.cases thead th:nth-child(3) { width: 21%; }
.cases thead th:nth-child(4) { width: 16%; }
.cases thead th:nth-child(5) { width: 5.5rem; }
.mismatches tbody th { font-weight: 600; }
.scroll { overflow-x: auto; }
.matrix td, .matrix tbody th { padding-top: 5px; padding-bottom: 5px; }
.matrix th, .matrix td { overflow-wrap: normal; }
.matrix thead th.number { width: 8em; white-space: normal; }
.matrix tbody th b { display: inline-block; min-width: 2.3em; }
.matrix a { color: inherit; text-decoration-color: var(--line); }
.matrix td.failed, .matrix td.unexpectedly-passed, .matrix td.could-not-run { color: var(--tone); background: var(--back); padding-right: 14px; }
.zero { color: var(--quiet); }

.filter { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 10px; margin-bottom: 14px; }
.filter[hidden] { display: none; }
.filter label { font-size: 13px; color: var(--quiet); }
.filter input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet); border-radius: 6px; padding: 5px 10px; flex: 1 1 240px; min-width: 0; max-width: 380px; }
.filter output { font-size: 13px; color: var(--quiet); }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip { font: inherit; font-size: 13px; color: var(--tone); background: none; border: 1px solid currentColor; border-radius: 99px; padding: 3px 12px; cursor: pointer; }
.chip[aria-pressed="true"] { background: var(--tone); color: var(--page); border-color: var(--tone); }
details.row { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin-bottom: 8px; padding: 0 18px; }
details.row[open] { padding-bottom: 6px; }
summary { cursor: pointer; padding: 9px 0; }
summary b { margin-right: 6px; }
.count { color: var(--tone); font-size: 13px; margin-left: 8px; white-space: nowrap; }
.outcome { color: var(--tone); white-space: nowrap; overflow-wrap: normal; }

.steps .bar { width: 40%; vertical-align: middle; }
.steps .bar span { display: block; height: 8px; min-width: 2px; border-radius: 4px; background: var(--quiet); opacity: .6; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.steps .failed th, .steps .failed td { color: var(--tone); }
.hint { margin-top: 8px; }
.facts-table th { width: 11em; color: var(--quiet); }
.facts-table .line { display: block; }

@media (max-width: 640px) {
  main { padding: 12px 12px 48px; }
  h1 { font-size: 28px; }
  .verdict, .card, details.row { padding-left: 14px; padding-right: 14px; }
  .stack, .stack tbody, .stack tr, .stack th, .stack td { display: block; width: auto; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr[hidden] { display: none; }
  .stack tr { border-bottom: 1px solid var(--line); padding: 8px 0; }
  .stack tbody tr:last-child { border-bottom: 0; }
  .stack th, .stack td { border: 0; padding: 1px 0; text-align: left; }
  .stack td:empty { display: none; }
  .stack [data-label] { display: grid; grid-template-columns: 5.4rem 1fr; align-items: baseline; }
  .stack [data-label]::before { content: attr(data-label); color: var(--quiet); font-size: 12px; font-weight: 400; }
  .cases td:not(.outcome) { display: inline; margin-right: .4em; font-size: 13px; color: var(--quiet); }
  .cases [data-label]::before { content: attr(data-label) " "; }
  .matrix th, .matrix td { padding-right: 8px; font-size: 14px; }
  .matrix thead th.number { width: auto; font-size: 11px; }
  .matrix .time { display: none; }
  .matrix tbody th b { display: block; }
  .matrix thead .sign { display: block; margin: 0; }
  .steps .bar { width: 20%; }
  .facts-table th { width: 7.5em; }
}
@media print {
  body { background: none; font-size: 11px; }
  main { max-width: none; padding: 0; }
  .filter, .filter[hidden] { display: none; }
  .card, .verdict, tr { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  a { color: inherit; text-decoration: none; }
  .evidence a::after { content: " " attr(href); }
}
`;
