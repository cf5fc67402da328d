import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { redactText, redactValue } from '../../src/evidence/redact.ts';

const { privateKey: KEY } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const KEY_LINE = KEY.split('\n')[1] ?? '';
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const TOKEN = `${base64url({ alg: 'RS256' })}.${base64url({ sub: 'somebody' })}.${randomBytes(32).toString('base64url')}`;
const PASSWORD = 'hunter2hunter2';

test.each([
  ['a key as PEM', `before\n${KEY}after`, KEY_LINE],
  ['a key as PEM within JSON', JSON.stringify({ inlineString: KEY }), KEY_LINE],
  ['a key that was cut off', `before\n${KEY.slice(0, 120)}`, KEY_LINE.slice(0, 40)],
  [
    'a key as a Secret has it',
    `tls.pem: ${Buffer.from(KEY).toString('base64')}`,
    Buffer.from(KEY).toString('base64'),
  ],
  ['a token', `the token ${TOKEN} was refused`, TOKEN],
  ['a header field of HTTP/1.1', `authorization: Basic ${PASSWORD}\r\nhost: a`, PASSWORD],
  ['a header field as JSON', JSON.stringify({ 'Set-Cookie': `session=${PASSWORD}` }), PASSWORD],
  ['a header field in a timeline', `-> 1/1 HEADERS authorization: ${PASSWORD}, te: trailers`, PASSWORD],
  ['a password on a command line', `--user=a --password=${PASSWORD}`, PASSWORD],
])('%s is taken out of a text', (_what, text, secret) => {
  expect(text).toContain(secret);
  expect(redactText(text)).not.toContain(secret);
  expect(redactText(text)).toContain('[redacted]');
});

test.each([
  'rpc error: code = Unauthenticated desc = the token is missing',
  'sds: Secret kubernetes://grpc-tls-credential is WARMING',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  Buffer.from('-----BEGIN CERTIFICATE-----\nMIIBMIIBMIIB\n-----END CERTIFICATE-----\n').toString('base64'),
  '14 UNAVAILABLE: upstream connect error or disconnect/reset before headers',
])('what is no secret stays: %s', (text) => {
  expect(redactText(text)).toBe(text);
});

test('data loses the values that its names tell of, and keeps its shape', () => {
  const data = {
    metadata: { authorization: ['Bearer abcdefghij', 'x'], 'x-case': 'kept' },
    fields: [
      ['cookie', PASSWORD],
      [':path', '/a.B/C'],
    ],
    entry: { key: 'authorization', value: PASSWORD },
    config: { private_key: { inline_bytes: Buffer.from(KEY).toString('base64') } },
    count: 3,
    nothing: null,
  };
  expect(redactValue(data)).toEqual({
    metadata: { authorization: ['[redacted]', '[redacted]'], 'x-case': 'kept' },
    fields: [
      ['cookie', '[redacted]'],
      [':path', '/a.B/C'],
    ],
    entry: { key: 'authorization', value: '[redacted]' },
    config: { private_key: { inline_bytes: '[redacted]' } },
    count: 3,
    nothing: null,
  });
});

test('what is redacted already stays as it is', () => {
  const once = redactText(`authorization: Bearer abcdefghijkl\n${KEY}`);
  expect(redactText(once)).toBe(once);
});
