import { browserUserAgent, type CallIds } from '../call-metadata.ts';
import { statusName } from '../grpc-status.ts';
import { ReplyReader } from '../grpc-web-reply.ts';
import { clientStatus } from '../grpc-web.ts';
import { PAGE_ORIGIN, type BrowserInvocation } from '../invocation.ts';
import { receivedMessage } from '../messages.ts';
import { entriesOf, receivedMetadata } from '../metadata.ts';
import { findMethod } from '../protos.ts';
import type { ReceivedStatus, RpcRecord } from '../record.ts';
import type { Target } from '../target.ts';
import type { PageCall } from './page/call.ts';
import { Visit, type Shown } from './visit.ts';

/**
 * Has a page in a real Chromium make gRPC-Web RPCs one after another. A record holds what the page's script could see,
 * which is what CORS lets it see.
 *
 * @throws SetupError when there is no browser
 */
export async function invokeBrowser(
  invocation: BrowserInvocation,
  target: Target,
  ids: readonly CallIds[],
  signal: AbortSignal,
): Promise<RpcRecord[]> {
  const origin = invocation.origin ?? PAGE_ORIGIN;
  await using visit = await Visit.open(target, invocation, origin);
  // Closing the page ends whatever waits for it.
  const giveUp = () => void visit[Symbol.asyncDispose]().catch(() => undefined);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  const records: RpcRecord[] = [];
  for (const each of ids) records.push(await callOnce(visit, invocation, target, each, origin, signal));
  signal.removeEventListener('abort', giveUp);
  return records;
}

async function callOnce(
  visit: Visit,
  invocation: BrowserInvocation,
  target: Target,
  ids: CallIds,
  origin: string,
  signal: AbortSignal,
): Promise<RpcRecord> {
  const page = { browser: visit.browser, origin, error: '', console: '' };
  const { rpcId } = ids;
  const startedAt = new Date().toISOString();
  const frame = { kind: 'rpc', client: 'browser', rpcId, startedAt, sentAtMs: [0] } as const;
  try {
    const agent = browserUserAgent(visit.userAgent, ids, invocation.script);
    const shown = await visit.call(pageCall(invocation, target), agent);
    const { error, endedAtMs } = shown.reply;
    const console = shown.console.join('\n');
    return { ...frame, ...seenBy(invocation, shown), endedAtMs, page: { ...page, error, console } };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { ...frame, ...GIVEN_UP, page };
  }
}

const GIVEN_UP = {
  error: 'no status: the harness gave up on the page',
  initialMetadata: {},
  trailers: {},
  messages: [],
  endedAtMs: 0,
} as const;

function pageCall(invocation: BrowserInvocation, target: Target): PageCall {
  const { by, mode, transport, deadlineMs, credentials = false, cancelAfter } = invocation;
  const [service = '', method = ''] = invocation.method.split('/');
  const { requestSerialize, responseStream } = findMethod(invocation.method);
  const request = requestSerialize(invocation.requests?.[0] ?? {}).toString('base64');
  return {
    ...{ by, mode, service, method, responseStream, request, credentials },
    gateway: `${transport === 'tls' ? 'https' : 'http'}://${target.host}`,
    metadata: entriesOf(invocation.metadata ?? {}),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(cancelAfter === undefined ? {} : { cancelAfter }),
  };
}

type Seen = Pick<RpcRecord, 'status' | 'http' | 'initialMetadata' | 'trailers' | 'messages'>;

const seenBy = (invocation: BrowserInvocation, shown: Shown): Seen =>
  invocation.by === 'fetch' ? seenByFetch(invocation, shown) : seenByLibrary(invocation, shown);

/** The pieces that fetch gave are read here, by what reads those of undici. */
function seenByFetch({ method }: BrowserInvocation, { reply, http }: Shown): Seen {
  const reader = new ReplyReader(findMethod(method));
  let status: ReceivedStatus;
  try {
    if (reply.head !== undefined) {
      reader.head(reply.head.status, receivedMetadata(reply.head.headers), http?.alpn ?? '');
    }
    for (const { atMs, base64 } of reply.pieces) reader.push(atMs, Buffer.from(base64, 'base64'));
    status = reply.error === '' ? reader.end() : thrown(reply.error);
  } catch (error) {
    status = clientStatus(error);
  }
  return { ...reader.learned, status };
}

function seenByLibrary({ method }: BrowserInvocation, { reply, http }: Shown): Seen {
  const { responseDeserialize } = findMethod(method);
  const { status } = reply;
  return {
    status:
      status === undefined ? thrown(reply.error) : { name: statusName(status.code), details: status.message },
    ...(http === undefined ? {} : { http }),
    initialMetadata: receivedMetadata(reply.initialMetadata),
    trailers: receivedMetadata(reply.trailers),
    messages: reply.messages.map(({ atMs, base64 }) =>
      receivedMessage(atMs, responseDeserialize(Buffer.from(base64, 'base64'))),
    ),
  };
}

/** AbortSignal.timeout throws by this name (DOM, section 3.2). */
const thrown = (error: string): ReceivedStatus => ({
  name: error.startsWith('TimeoutError')
    ? 'DEADLINE_EXCEEDED'
    : error.startsWith('AbortError')
      ? 'CANCELLED'
      : 'UNAVAILABLE',
  details: error,
  from: 'client',
});
