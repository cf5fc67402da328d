import { createHash } from 'node:crypto';
import { type Markup, markup } from './escaping.ts';
import { pageStyle } from './html-style.ts';

/** What one of our pages is made of. */
export interface Page {
  readonly title: string;
  /** What stands between the page's edges. */
  readonly main: Markup;
  /** Beside the style that all pages have. */
  readonly style?: Markup;
  readonly script?: Markup;
}

/**
 * A whole page. Nothing may be loaded, and no script but ours may run, whatever a server put into its status message
 * (Content Security Policy Level 3).
 */
export function page({ title, main, style, script }: Page): string {
  const scripts = script === undefined ? '' : ` script-src '${sha256(script.toString())}';`;
  const policy = `default-src 'none'; style-src 'unsafe-inline';${scripts} base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${pageStyle}${style}</style>
</head>
<body>
<main>
${main}
</main>
${script === undefined ? undefined : markup`<script>${script}</script>`}
</body>
</html>
`.toString();
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
