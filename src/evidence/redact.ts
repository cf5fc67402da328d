/** What stands in place of a key or a token. */
const REDACTED = '[redacted]';

/** Header fields and keys of objects whose values let somebody in. In lower case. */
const TELLING_NAMES = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'api-key',
  'apikey',
  'x-api-key',
  'x-goog-api-key',
  'x-amz-security-token',
  'x-auth-token',
  'password',
  'passwd',
  'token',
  'id_token',
  'access_token',
  'refresh_token',
  'client_secret',
  'tls.key',
]);

const isTelling = (name: unknown): boolean =>
  typeof name === 'string' && TELLING_NAMES.has(name.toLowerCase());

/** `name: value` as logs and timelines print it; a value in quotes, or up to a space or a comma. */
const NAMED = new RegExp(
  `(?<!\\w|\\w-)(${[...TELLING_NAMES].map((name) => name.replaceAll('.', '\\.')).join('|')})("?\\s*[:=]\\s*)(?!\\[redacted\\])("(?:[^"\\\\\\n]|\\\\.)*"|[^\\s,;)"]+)`,
  'gi',
);
const PEM_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** Base64 of `-----BEGIN `: a certificate, which may stay, or a key. */
const PEM_IN_BASE64 = /LS0tLS1CRUdJTi[\w+/=-]+/g;
/** A JSON Web Token, Kubernetes' service account tokens among them: two objects in base64url, and a signature. */
const JWT = /\beyJ[\w-]{4,}\.eyJ[\w-]{4,}\.[\w-]*/g;
const CREDENTIALS = /\b(Bearer|Basic)\s+(?!\[redacted\])[\w.~+/=-]{8,}/gi;

/** Text without private keys, tokens and passwords. Certificates and everything else stay as they are. */
export function redactText(text: string): string {
  return text
    .replace(PEM_KEY, REDACTED)
    .replace(PEM_IN_BASE64, (found) =>
      Buffer.from(found, 'base64').toString('latin1').includes('PRIVATE KEY') ? REDACTED : found,
    )
    .replace(JWT, REDACTED)
    .replace(CREDENTIALS, `$1 ${REDACTED}`)
    .replace(NAMED, `$1$2${REDACTED}`);
}

/** The same for plain data: by the names of keys, of header fields in pairs, and by what a text looks like. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return redactList(value as readonly unknown[]);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const named: unknown = 'key' in value ? value.key : 'name' in value ? value.name : undefined;
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      const isSecret = isTelling(key) || (isTelling(named) && /value/i.test(key));
      return [key, isSecret ? withoutTexts(inner) : redactValue(inner)];
    }),
  );
}

/** A header field is a pair of its name and its value. */
function redactList(list: readonly unknown[]): unknown[] {
  const [name, ...rest] = list;
  if (list.length === 2 && isTelling(name)) return [name, ...rest.map(withoutTexts)];
  return list.map(redactValue);
}

/** The shape stays, so that a reader sees that there was something. */
function withoutTexts(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? '' : REDACTED;
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutTexts(inner)]));
}
