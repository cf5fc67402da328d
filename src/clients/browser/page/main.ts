import { byConnectWeb } from './by-connect-web.ts';
import { byFetch } from './by-fetch.ts';
import { byGrpcWeb } from './by-grpc-web.ts';
import type { PageCall, PageReply } from './call.ts';

const CLIENTS = { fetch: byFetch, 'grpc-web': byGrpcWeb, 'connect-web': byConnectWeb } as const;

/** Makes one call and says what could be seen of it. Nothing is thrown: a failure is part of the reply. */
async function makeCall(call: PageCall): Promise<PageReply> {
  const started = performance.now();
  const clock = () => performance.now() - started;
  const reply: PageReply = {
    pieces: [],
    messages: [],
    initialMetadata: [],
    trailers: [],
    error: '',
    endedAtMs: 0,
  };
  try {
    await CLIENTS[call.by]({ call, reply, clock });
  } catch (error) {
    reply.error = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  reply.endedAtMs = clock();
  return reply;
}

/** The one name that the page offers to whoever drives the browser. */
Object.assign(globalThis, { makeCall });
