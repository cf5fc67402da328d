/**
 * What bytes that are not HTTP/2 probably are, for a reader who has to find out which side speaks what.
 */

const TLS_RECORDS: Readonly<Record<number, string>> = {
  0x14: 'a TLS change_cipher_spec record',
  0x15: 'a TLS alert record',
  0x16: 'a TLS handshake record',
  0x17: 'TLS application data',
};
const TLS_ALERTS: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  22: 'record_overflow',
  40: 'handshake_failure',
  42: 'bad_certificate',
  45: 'certificate_expired',
  48: 'unknown_ca',
  50: 'decode_error',
  70: 'protocol_version',
  80: 'internal_error',
  112: 'unrecognized_name',
  116: 'certificate_required',
  120: 'no_application_protocol',
};
const HTTP1_REQUEST = /^[A-Z]{3,12} [^\r\n]* HTTP\/1\.[01]\r?\n/;
const HTTP1_REPLY = /^HTTP\/1\.[01] \d{3}/;

/** @param bytes the first ones; a hundred or so are enough */
export function looksLike(bytes: Buffer): string {
  if (bytes.length === 0) return 'nothing';
  const tls = tlsRecord(bytes);
  if (tls !== undefined) return tls;
  const text = bytes.subarray(0, 512).toString('latin1');
  if (HTTP1_REPLY.test(text)) return `an HTTP/1.1 reply (${quoted(firstLine(text))})`;
  if (HTTP1_REQUEST.test(text)) return `an HTTP/1.1 request (${quoted(firstLine(text))})`;
  if (text.startsWith('PRI * HTTP/2')) return 'the preface of HTTP/2';
  if (isText(bytes.subarray(0, 64))) return `text (${quoted(text)})`;
  return `binary data (${hex(bytes)})`;
}

/** The first octets, such as `16 03 01 02 00`. */
const hex = (bytes: Buffer): string =>
  (bytes.subarray(0, 16).toString('hex').match(/../g) ?? []).join(' ') + (bytes.length > 16 ? ' ...' : '');

/** On one line, at most 60 characters of it. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);

function tlsRecord(bytes: Buffer): string | undefined {
  const name = TLS_RECORDS[bytes[0] ?? 0];
  // Major version 3 stands in every record since SSL 3.0.
  if (name === undefined || bytes[1] !== 3 || (bytes[2] ?? 0) > 4) return undefined;
  if (bytes[0] === 0x16 && bytes[5] === 1) return 'a TLS ClientHello';
  if (bytes[0] === 0x15 && bytes.length === 7) {
    const alert = bytes[6] ?? 0;
    return `${name} (${TLS_ALERTS[alert] ?? `alert ${alert}`})`;
  }
  return name;
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? '';

const isText = (bytes: Buffer): boolean =>
  bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09);
