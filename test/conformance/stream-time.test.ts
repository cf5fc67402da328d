import { afterEach, expect, test, vi } from 'vitest';
import { setStreamTime, streamTime } from '../../src/conformance/stream-time.ts';

afterEach(() => vi.unstubAllEnvs());

test('streams last two seconds, or as long as is said', () => {
  vi.stubEnv('MESHPROOF_STREAM_TIME', undefined);
  expect(streamTime()).toBe(2);
  setStreamTime('3600');
  expect(streamTime()).toBe(3600);
});

test.each(['', '1', '1h', '86401', '2.5'])('"%s" is refused', (text) => {
  expect(() => {
    setStreamTime(text);
  }).toThrow(/whole number from 2 to 86400/);
});
