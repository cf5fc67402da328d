/** One element of a parsed document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const NAME = '[A-Za-z_][\\w.-]*';
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}="[^"<&]*(?:&#?\\w+;[^"<&]*)*")*)\\s*(/?)>`);
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\p{Surrogate}\ufffe\uffff]/u;

/**
 * Parses the part of XML 1.0 that JUnit files use (elements, attributes, text, character references), and
 * throws at everything else: for a test, a parser that forgives is of no use.
 */
export function parseStrictXml(document: string): XmlElement {
  const bad = FORBIDDEN.exec(document);
  if (bad !== null) throw new Error(`forbidden character at ${bad.index}`);
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(declaration)) throw new Error('no XML declaration');
  let rest = document.slice(declaration.length);

  const element = (): XmlElement => {
    const [whole, closing, name, attributes, empty] = TAG.exec(rest) ?? [];
    if (whole === undefined || name === undefined || closing === '/') {
      throw new Error(`an element is expected at: ${rest.slice(0, 60)}`);
    }
    rest = rest.slice(whole.length);
    const parsed = { name, attributes: parseAttributes(attributes ?? '') };
    if (empty === '/') return { ...parsed, children: [], text: '' };
    const children: XmlElement[] = [];
    let text = '';
    while (!rest.startsWith('</')) {
      if (rest === '') throw new Error(`${name} is not closed`);
      const upTo = rest.indexOf('<');
      text += resolve(rest.slice(0, upTo));
      rest = rest.slice(upTo);
      if (!rest.startsWith('</')) children.push(element());
    }
    if (!rest.startsWith(`</${name}>`)) throw new Error(`${name} is closed by ${rest.slice(0, 40)}`);
    rest = rest.slice(name.length + 3);
    return { ...parsed, children, text };
  };

  const root = element();
  if (rest.trim() !== '') throw new Error(`something follows the root: ${rest.slice(0, 60)}`);
  return root;
}

function parseAttributes(source: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name, value] of source.matchAll(new RegExp(`(${NAME})="([^"]*)"`, 'g'))) {
    if (name === undefined || value === undefined || name in attributes)
      throw new Error(`bad attributes:${source}`);
    // A line feed or tab that is not written as a reference reaches the reader as a space.
    attributes[name] = resolve(value.replaceAll(/[\n\t]/g, ' '));
  }
  return attributes;
}

function resolve(text: string): string {
  if (text.includes(']]>')) throw new Error(']]> in text');
  return text.replaceAll(/&([^;]*);|&/g, (reference, body: string | undefined) => {
    const code = /^#(\d+)$/.exec(body ?? '')?.[1];
    if (code === undefined) throw new Error(`bad reference ${reference}`);
    return String.fromCodePoint(Number(code));
  });
}
