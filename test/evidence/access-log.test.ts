import { describe, expect, test } from 'vitest';
import { accessLogFormat, parseAccessLogLine } from '../../src/evidence/access-log-format.ts';
import { AccessLog } from '../../src/evidence/access-log.ts';
import { ComponentDiedError, WaitTimeoutError } from '../../src/errors.ts';

const line = (rpcId: string, facts: object = {}) => JSON.stringify({ rpcId, responseFlags: '-', ...facts });
const never = new AbortController().signal;

/** A log that a test writes to. */
class FakeLog implements AsyncIterable<string> {
  readonly #waiting: ((result: IteratorResult<string>) => void)[] = [];
  readonly #lines: string[] = [];
  #end: Error | undefined;
  #ended = false;

  write(text: string): void {
    const next = this.#waiting.shift();
    if (next) next({ done: false, value: text });
    else this.#lines.push(text);
  }

  end(error?: Error): void {
    this.#ended = true;
    this.#end = error;
    for (const next of this.#waiting.splice(0)) next({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: () => {
        const value = this.#lines.shift();
        if (value !== undefined) return Promise.resolve({ done: false, value });
        if (this.#ended)
          return this.#end ? Promise.reject(this.#end) : Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => this.#waiting.push(resolve));
      },
    };
  }
}

describe('a line', () => {
  test('keeps numbers and texts; what is not there is null', () => {
    const parsed = parseAccessLogLine(
      line('a', {
        grpcStatus: 14,
        responseFlags: 'UF,URX',
        authority: 'x',
        upstreamHost: null,
        routeName: '-',
      }),
    );
    expect(parsed).toMatchObject({
      rpcId: 'a',
      grpcStatus: 14,
      responseFlags: 'UF,URX',
      authority: 'x',
      upstreamHost: null,
      routeName: null,
      attempts: null,
    });
  });

  test.each([
    '2026-01-01T00:00:00Z\tinfo\tEnvoy proxy is ready',
    '{"level":"info","msg":"not ours"}',
    '{"rpcId": broken',
    '{}',
    '',
  ])('%j is none', (text) => {
    expect(parseAccessLogLine(text)).toBeUndefined();
  });

  test('the format names each key once, each with one operator', () => {
    const format = JSON.parse(accessLogFormat()) as Record<string, string>;
    expect(Object.values(format).every((operator) => /^%[A-Z_]+(\([^)]*\))?%$/.test(operator))).toBe(true);
    expect(new Set(Object.values(format)).size).toBe(Object.keys(format).length);
  });
});

describe('the follower', () => {
  test('waits for a line that comes late, and sorts by RPC', async () => {
    const log = new FakeLog();
    const access = new AccessLog(log);
    log.write('Envoy says something');
    log.write(line('other'));
    const found = access.waitForLines('mine', 1, never);
    setTimeout(() => log.write(line('mine', { grpcStatus: 5 })), 60);
    expect((await found).map(({ grpcStatus }) => grpcStatus)).toEqual([5]);
    expect(access.linesOf('other')).toHaveLength(1);
    expect(access.linesOf('unknown')).toEqual([]);
    log.end();
  });

  test('a log that ends breaks the wait at once, with its last words', async () => {
    const log = new FakeLog();
    const access = new AccessLog(log);
    const found = access.waitForLines('mine', 1, never);
    log.write('segmentation fault');
    log.end();
    await expect(found).rejects.toThrow(ComponentDiedError);
    await expect(access.waitForLines('mine', 1, never)).rejects.toThrow('segmentation fault');
  });

  test('a follower that breaks off says why', async () => {
    const log = new FakeLog();
    const access = new AccessLog(log);
    log.write('last');
    log.end(new Error('401 Unauthorized'));
    await expect(access.waitForLines('mine', 1, never)).rejects.toThrow('401 Unauthorized');
  });

  test('lines that are in are given even after the end', async () => {
    const log = new FakeLog();
    const access = new AccessLog(log);
    log.write(line('mine'));
    log.end();
    expect(await access.waitForLines('mine', 1, never)).toHaveLength(1);
  });

  test('an interrupted wait ends', async () => {
    const log = new FakeLog();
    const found = new AccessLog(log).waitForLines('mine', 1, AbortSignal.timeout(50));
    await expect(found).rejects.not.toThrow(WaitTimeoutError);
    log.end();
  });
});
