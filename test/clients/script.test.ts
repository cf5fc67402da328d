import { expect, test } from 'vitest';
import { controlMessage } from '../../src/clients/protos.ts';
import { encodeScript, type Step } from '../../src/clients/script.ts';

/** The script as the server's proto reads it; what is unset is left out of the comparison. */
const decoded = (steps: readonly Step[]) =>
  (controlMessage('Script').deserialize(encodeScript({ steps })) as { steps: object[] }).steps;

test.each<[Step, object]>([
  [
    { headers: { 'x-a': ['1', '2'] } },
    {
      headers: {
        metadata: [
          { key: 'x-a', value: '1' },
          { key: 'x-a', value: '2' },
        ],
      },
    },
  ],
  [
    { messages: { count: 3, payloadBytes: 9, intervalMs: 5 } },
    { messages: { count: 3, payload_bytes: 9, interval_ms: 5 } },
  ],
  [{ messages: {} }, { messages: { count: 1 } }],
  [{ wait: 40 }, { wait: { ms: 40 } }],
  [
    {
      status: 'NOT_FOUND',
      message: 'm',
      trailers: { 'x-bin': 'AAEC' },
      details: [{ typeUrl: 't', value: 'AQ==' }],
      afterHeaders: true,
    },
    {
      status: {
        code: 5,
        message: 'm',
        after_headers: true,
        trailing_metadata: [{ key: 'x-bin', binary_value: Buffer.of(0, 1, 2) }],
        details: [{ type_url: 't', value: Buffer.of(1) }],
      },
    },
  ],
  [{ reset: 8 }, { reset: { code: 8 } }],
  [{ goaway: 11, lastStream: 'before' }, { goaway: { code: 11, last_stream: 'LAST_STREAM_BEFORE_THIS' } }],
  [{ closeConnection: 'reset' }, { close_connection: { abort: true } }],
  [{ closeConnection: 'fin' }, { close_connection: { abort: false } }],
  [{ awaitHalfClose: true }, { await_half_close: {} }],
  [{ awaitMessages: 2 }, { await_messages: { count: 2 } }],
  [{ echo: 'all' }, { echo: { count: 0 } }],
  [{ echo: 4 }, { echo: { count: 4 } }],
  [{ answer: true }, { answer: {} }],
])('%j', (step, message) => {
  expect(decoded([step])).toMatchObject([message]);
});

test('what stands beside the steps', () => {
  const script = encodeScript({
    failFirst: { attempts: 2, steps: [{ status: 'UNAVAILABLE' }] },
    ignoreDeadline: true,
    respondWithDeadline: true,
  });
  expect(controlMessage('Script').deserialize(script)).toMatchObject({
    steps: [],
    fail_first: { attempts: 2, steps: [{ status: { code: 14 } }] },
    ignore_deadline: true,
    respond_with_deadline: true,
  });
});
