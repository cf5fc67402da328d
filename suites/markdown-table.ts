/** A table in Markdown, as Prettier writes it. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((text, column) =>
    Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The lines between which a document has a table. */
export interface TablePlace {
  readonly begins: string;
  readonly ends: string;
}

/** A document with another table. @throws Error when it has no place for one */
export function withTable(document: string, { begins, ends }: TablePlace, table: string): string {
  const from = document.indexOf(begins);
  const to = document.indexOf(ends);
  if (from < 0 || to < from) throw new Error('the document has no place for the table');
  return `${document.slice(0, from)}${begins}\n\n${table}\n\n${document.slice(to)}`;
}
