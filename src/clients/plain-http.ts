import { request as requestHttp1 } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { messageOf } from '../errors.ts';
import { callMetadata, userAgent, type CallIds } from './call-metadata.ts';
import type { HttpInvocation } from './invocation.ts';
import { headerEntries, receivedMetadata } from './metadata.ts';
import type { HttpRecord } from './record.ts';
import { clientPairOf, hostOf, portOf, type Target } from './target.ts';
import { openUndici } from './undici-connection.ts';

type Reply = Omit<HttpRecord, 'kind' | 'rpcId' | 'error'>;

/** Characters of a body that a record keeps. */
const KEPT_BODY = 4096;

/**
 * Makes one HTTP exchange: HTTP/1.1 by undici, HTTP/2 by node:http2 unless another one is asked for. Redirects are not
 * followed.
 */
export async function invokePlainHttp(
  invocation: HttpInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<HttpRecord> {
  const empty = { kind: 'http', rpcId: ids.rpcId } as const;
  try {
    const { http, by } = invocation;
    const exchange = by === 'node' ? byHttp1 : http === '2' && by !== 'undici' ? byHttp2 : byUndici;
    return { ...empty, ...(await exchange(invocation, target, ids, signal)), error: '' };
  } catch (error) {
    return { ...empty, status: 0, headers: {}, trailers: {}, body: '', error: messageOf(error) };
  }
}

async function byUndici(
  invocation: HttpInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<Reply> {
  const authority = invocation.authority ?? target.host;
  const { transport, http, listener = transport } = invocation;
  await using connection = openUndici(target, transport, http, authority, {
    listener,
    clientCertificate: invocation.clientCertificate,
    serverName: invocation.serverName,
  });
  const reply = await connection.client.request({
    method: invocation.verb,
    path: invocation.path,
    headers: [...headersOf(invocation, ids), ['host', authority]].flat(),
    body: bodyOf(invocation),
    signal,
  });
  const body = await reply.body.text();
  return {
    status: reply.statusCode,
    headers: receivedMetadata(headerEntries(reply.headers)),
    trailers: receivedMetadata(headerEntries(reply.trailers)),
    body: body.slice(0, KEPT_BODY),
  };
}

/** By node:http: undici lets nobody ask for an upgrade by hand. A 101 ends the exchange. */
function byHttp1(
  invocation: HttpInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<Reply> {
  const authority = invocation.authority ?? target.host;
  const { transport, listener = transport } = invocation;
  const options = {
    host: target.address,
    port: portOf(target, listener),
    method: invocation.verb,
    path: invocation.path,
    headers: { host: authority, ...Object.fromEntries(headersOf(invocation, ids)) },
    signal,
    agent: false,
  } as const;
  return new Promise((resolve, reject) => {
    const request =
      transport === 'tls'
        ? requestOverTls({
            ...options,
            ca: target.caPem,
            servername: invocation.serverName ?? hostOf(authority),
          })
        : requestHttp1(options);
    request.once('error', reject);
    request.once('upgrade', (reply, socket) => {
      socket.destroy();
      resolve({
        status: reply.statusCode ?? 0,
        headers: receivedMetadata(headerEntries(reply.headers)),
        trailers: {},
        body: '',
      });
    });
    request.once('response', (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.once('error', reject);
      reply.once('end', () => {
        resolve({
          status: reply.statusCode ?? 0,
          headers: receivedMetadata(headerEntries(reply.headers)),
          trailers: receivedMetadata(headerEntries(reply.trailers)),
          body: Buffer.concat(chunks).toString().slice(0, KEPT_BODY),
        });
      });
    });
    request.end(bodyOf(invocation));
  });
}

async function byHttp2(
  invocation: HttpInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<Reply> {
  const authority = invocation.authority ?? target.host;
  const tls = invocation.transport === 'tls';
  const body = bodyOf(invocation);
  const pair = clientPairOf(target, invocation.clientCertificate);
  const session = connectHttp2(
    `${tls ? 'https' : 'http'}://${target.address}:${portOf(target, invocation.listener ?? invocation.transport)}`,
    {
      ca: target.caPem,
      servername: invocation.serverName ?? hostOf(authority),
      ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
    },
  );
  try {
    return await new Promise((resolve, reject) => {
      session.once('error', reject);
      const stream = session.request(
        {
          ':method': invocation.verb,
          ':path': invocation.path,
          ':authority': authority,
          ...Object.fromEntries(headersOf(invocation, ids)),
        },
        { signal, endStream: body === null },
      );
      let headers: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      const chunks: Buffer[] = [];
      stream.once('response', (received: IncomingHttpHeaders) => {
        headers = received;
      });
      stream.once('trailers', (received: IncomingHttpHeaders) => {
        trailers = received;
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('error', reject);
      // Not at 'end': node reports a stream that was reset with CANCEL as one that ended.
      stream.once('close', () => {
        if (stream.rstCode !== 0)
          reject(new Error(`the stream was reset with HTTP/2 code ${stream.rstCode}`));
        resolve({
          status: Number(headers[':status'] ?? 0),
          headers: receivedMetadata(headerEntries(headers)),
          trailers: receivedMetadata(headerEntries(trailers)),
          body: Buffer.concat(chunks).toString().slice(0, KEPT_BODY),
        });
      });
      if (body !== null) stream.end(body);
    });
  } finally {
    session.destroy();
  }
}

const headersOf = (invocation: HttpInvocation, ids: CallIds): [string, string][] => [
  ['user-agent', userAgent(ids)],
  ...callMetadata(ids, invocation.script, invocation.headers),
];

const bodyOf = (invocation: HttpInvocation): Buffer | null =>
  invocation.body === undefined ? null : Buffer.from(invocation.body, 'base64');
