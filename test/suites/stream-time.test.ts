import { afterEach, expect, test, vi } from 'vitest';
import { controlMessage } from '../../src/clients/protos.ts';
import { encodeScript } from '../../src/clients/script.ts';
import type { Script } from '../../services/contract.ts';
import { objectionTo } from '../../services/script-rules.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

// What a server refuses would show only after the hour that the other streams take.
test.each([2, 3600, 86_400])('streams of %i s have scripts that servers play', async (seconds) => {
  vi.stubEnv('MESHPROOF_STREAM_TIME', String(seconds));
  vi.resetModules();
  const { longStream, PACES, STREAM_MS, STREAMS } = await import('../../suites/streaming/streams.ts');
  expect(STREAM_MS).toBe(seconds * 1000);
  for (const kind of STREAMS)
    for (const pace of PACES) {
      const { script } = longStream(kind, pace).invocation;
      const read = controlMessage('Script').deserialize(encodeScript(script ?? {})) as Script;
      expect(objectionTo(read, 'streaming/long'), `${kind} ${pace}`).toBeUndefined();
    }
});
