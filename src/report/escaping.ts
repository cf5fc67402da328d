/**
 * Text from outside (names, statuses, log lines) on its way into a report. Nothing in it may act: neither as
 * markup, nor as a terminal's control sequence, nor by turning the direction of the text around it.
 */

/** C0 except tab and line feed, DEL, C1, bidirectional controls, line separators, lone surrogates, noncharacters. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Surrogate}\ufffe\uffff]/gu;

/** Makes characters that would act, or that XML forbids, readable instead: ESC becomes the six characters `\u001b`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A piece of HTML or XML that is already safe. Only `markup` makes one. */
class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  toString(): string {
    return this.source;
  }
}

export type { Markup };

/** What may stand in a template: text (escaped), markup (as it is), a list of both, or nothing. */
export type Fragment = string | number | Markup | undefined | readonly Fragment[];

/**
 * Template tag for HTML and XML: every value that is not markup itself is escaped, for text and for a
 * double-quoted attribute alike. There is deliberately no way around it for strings that are not literals here.
 */
export function markup(literals: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  let source = literals[0] ?? '';
  for (const [index, value] of values.entries()) {
    source += sourceOf(value, source.endsWith('="')) + (literals[index + 1] ?? '');
  }
  return new Markup(source);
}

function sourceOf(value: Fragment, attribute: boolean): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.source;
  if (typeof value === 'object') return value.map((item) => sourceOf(item, attribute)).join('');
  const escaped = visible(String(value)).replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  // XML turns line feeds and tabs in an attribute into spaces unless they are written as references.
  return attribute ? escaped.replaceAll(/[\n\t]/g, (char) => `&#${char.charCodeAt(0)};`) : escaped;
}

/** A relative link to a file or folder beside the page; names of cases may hold any character. */
export function linkTo(path: string): string {
  return `./${path.toWellFormed().split('/').map(encodeURIComponent).join('/')}`;
}
