import { randomUUID } from 'node:crypto';
import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { GrpcChannel } from '../../src/traffic/grpc-channel.ts';
import { UNARY_METHOD } from '../../src/traffic/plan.ts';

const { NGHTTP2_REFUSED_STREAM: REFUSED, NGHTTP2_INTERNAL_ERROR: INTERNAL } = constants;

const answer = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.alloc(5));
};

test.each([
  ['refused unseen begins anew', REFUSED, 'OK', 2],
  ['reset otherwise is lost', INTERNAL, 'INTERNAL', 1],
])('an RPC that is %s', async (_, code, status, attempts) => {
  const streams: ServerHttp2Stream[] = [];
  const sessions: ServerHttp2Session[] = [];
  const server = createServer()
    .on('session', (session) => sessions.push(session.on('error', () => undefined)))
    .on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => undefined).resume();
      if (streams.push(stream) === 1) stream.close(code);
      else answer(stream);
    });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const h2cPort = (server.address() as AddressInfo).port;
  const target = {
    ...{ address: '127.0.0.1', tlsPort: 0, h2cPort },
    ...{ caPem: '', caFile: '', host: 'grpc.example.com' },
  };
  const channel = new GrpcChannel(target, 'h2c', 'traffic/test');
  try {
    const ids = { caseName: 'traffic/test', rpcId: randomUUID() };
    const ending = await channel.start({ ids, method: UNARY_METHOD, kind: 'unary' }).over;
    expect({ status: ending.status, attempts: streams.length }).toEqual({ status, attempts });
  } finally {
    channel.close();
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
