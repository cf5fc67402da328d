import { expect, test } from 'vitest';
import {
  isPreflight,
  requestCarries,
  rpcIdInUserAgent,
  textCarries,
} from '../../../src/frames/timeline/rpc-id.ts';

const AGENT = 'Mozilla/5.0 HeadlessChrome/140 x-meshproof-case/a x-meshproof-rpc/id-1';

test('metadata says which RPC a request is of', () => {
  const fields = [
    [':method', 'POST'],
    ['x-meshproof-rpc', 'id-1'],
    ['user-agent', 'grpc-node-js/1.14.0'],
  ] as const;
  expect(requestCarries(fields, 'id-1')).toBe(true);
  expect(requestCarries(fields, 'id-2')).toBe(false);
  expect(requestCarries([], 'id-1')).toBe(false);
});

test("a real browser's user agent does, of its preflights too", () => {
  const of = (method: string) =>
    [
      [':method', method],
      ['user-agent', AGENT],
    ] as const;
  expect(rpcIdInUserAgent(AGENT)).toBe('id-1');
  expect(rpcIdInUserAgent('curl/8')).toBeUndefined();
  expect(requestCarries(of('POST'), 'id-1')).toBe(true);
  expect(requestCarries(of('POST'), 'id-2')).toBe(false);
  expect(requestCarries(of('OPTIONS'), 'id-1')).toBe(true);
  expect(isPreflight(of('OPTIONS'))).toBe(true);
  expect(isPreflight(of('POST'))).toBe(false);
  expect(isPreflight([[':method', 'OPTIONS']])).toBe(false);
});

test('so does a line of HTTP/1.1', () => {
  const text = (line: string) => `POST / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`;
  expect(textCarries(text('X-Meshproof-Rpc: id-1'), 'id-1')).toBe(true);
  expect(textCarries(text(`User-Agent: ${AGENT}`), 'id-1')).toBe(true);
  expect(textCarries(text(`User-Agent: ${AGENT}`), 'id-2')).toBe(false);
  expect(textCarries(text('x-other: id-1'), 'id-1')).toBe(false);
});
