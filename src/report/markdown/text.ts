import { visible } from '../escaping.ts';

/**
 * Markdown as GitHub's job summaries take it (GFM with some HTML). Text from outside is written with character
 * references, which may never stand for structure (CommonMark 0.31.2, section 2.5), so nothing in it acts.
 */

/** Lists longer than this are folded away behind their heading. */
const OPEN_UP_TO = 10;

/** More lines than this are counted rather than shown: a job summary may have 1 MiB, and nobody reads on. */
const SHOWN = 200;

/** Text as text, in a paragraph or in a cell of a table. */
export function inline(text: string): string {
  return visible(text)
    .replaceAll(/[&<>"'`*_~|\\[\]#@$]/g, (char) => `&#${char.charCodeAt(0)};`)
    .replaceAll('\n', '<br>')
    .replaceAll('\t', ' ');
}

/** Text as code. Backticks would need more of themselves around text that has some; a tag does not. */
export function code(text: string): string {
  return `<code>${inline(text)}</code>`;
}

/** A table. Cells are Markdown already. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const shown = rows.slice(0, SHOWN);
  const more = rows.length - shown.length;
  return [
    line(heads),
    line(heads.map(() => '---')),
    ...shown.map(line),
    ...(more > 0 ? ['', `and ${more} more`] : []),
  ].join('\n');
}

/** A headed part of the page; `count` things long ones are folded away. */
export function section(title: string, count: number, body: string): string {
  if (count <= OPEN_UP_TO) return `### ${inline(title)}\n\n${body}`;
  // GitHub reads Markdown inside HTML only after an empty line.
  return `<details>\n<summary><b>${inline(title)}</b></summary>\n\n${body}\n\n</details>`;
}
