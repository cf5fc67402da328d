import { expand, type Case } from '../../src/conformance/model.ts';
import { replies, requestsSeen, routedTo, wayIn } from '../expectations.ts';
import { METHODS, RPC_KINDS, TRANSPORTS, repliesTo, requestsFor } from '../requests.ts';
import {
  http,
  httpOverName,
  onePod,
  stickyClients,
  tcpGrpc,
  tlsToPlaintext,
  undeclared,
} from './sabotages.ts';

/** Each is a Service of `manifests/explicit-protocol/service.yaml`, and the value of the header that chooses it. */
const DECLARATIONS = [
  'name-grpc',
  'name-http2',
  'app-protocol-grpc',
  'app-protocol-h2c',
  'app-protocol-over-name',
] as const;
type Declaration = (typeof DECLARATIONS)[number];

const PODS = 3;
const REQUESTS = 3;
const PAYLOAD = 100;
/** Of so many RPCs a pod chosen at random gets none in one run of 10^9: 3 * (2/3)^54. */
const CALLS = 54;

const through = (declaration: Declaration) => `spread-${declaration}`;
const choosing = (declaration: Declaration) => ({ 'x-declared-by': declaration });
const HTTP_1 = 'access log upstreamProtocol: expected HTTP/2, got HTTP/1.1';

/** HTTP/2 from end to end, for every way to say it: nothing is guessed, so each must be enough by itself. */
const rpcs = expand(
  { declaration: DECLARATIONS, transport: TRANSPORTS, kind: RPC_KINDS },
  ({ declaration, transport, kind }): Case => {
    const requests = requestsFor(kind, REQUESTS, PAYLOAD);
    return {
      name: 'explicit-protocol/rpc',
      row: 'S13',
      title: `With the port declared by ${declaration} the gateway speaks HTTP/2 to the pods, for a ${kind} RPC.`,
      configuration: 'explicit-protocol',
      invocation: {
        client: 'grpc-js',
        transport,
        method: METHODS.greeter[kind],
        requests,
        metadata: choosing(declaration),
        deadlineMs: 10_000,
      },
      expectation: {
        rpc: { status: 'OK', ...repliesTo(kind, REQUESTS, PAYLOAD), servedBy: { service: 'spread' } },
        ledger: { attempts: 1, service: 'spread', ...requestsSeen(requests.length), halfClosed: true },
        gateway: { ...wayIn(transport), ...routedTo(through(declaration)) },
      },
      sabotages: [
        tcpGrpc(HTTP_1),
        undeclared(HTTP_1),
        http(HTTP_1),
        ...(declaration === 'name-grpc'
          ? [tlsToPlaintext(through(declaration), 'grpc-status: expected OK, got UNAVAILABLE')]
          : []),
      ],
    };
  },
);

const programmed = expand({ declaration: DECLARATIONS }, ({ declaration }): Case => ({
  name: 'explicit-protocol/cluster',
  row: 'S13',
  title: `A port declared by ${declaration} makes a cluster that speaks HTTP/2.`,
  configuration: 'explicit-protocol',
  invocation: { client: 'configuration' },
  expectation: {
    configuration: [
      {
        question: { ask: 'cluster protocol', service: through(declaration), port: 50051 },
        answer: 'h2',
      },
    ],
  },
  sabotages: [
    tcpGrpc('expected h2, got http/1.1'),
    undeclared('expected h2, got http/1.1'),
    http('expected h2, got http/1.1'),
    httpOverName('expected h2, got http/1.1'),
  ],
}));

/** What connection-level balancing, all that TCP gets, cannot do: one connection of the client's feeds all pods. */
const spread = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'explicit-protocol/spread',
  row: 'S13',
  title: 'The RPCs of one connection are spread over all pods.',
  configuration: 'explicit-protocol',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.unary,
    metadata: choosing('name-grpc'),
    calls: CALLS,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: 'spread' } },
    ledger: { attempts: 1, service: 'spread' },
    gateway: { ...wayIn(transport), ...routedTo(through('name-grpc')) },
    spread: { pods: PODS },
  },
  sabotages: [
    tcpGrpc('expected HTTP/2, got HTTP/1.1'),
    stickyClients('pods that answered: expected 3, got 1'),
    onePod('pods that answered: expected 3, got 1'),
  ],
}));

/** A stream stays with its pod, and a reply comes before the next request goes out. */
const dialogue = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'explicit-protocol/streaming/ping-pong',
  row: 'S13',
  title: 'A bidirectional stream is a dialogue: each reply comes before the next request is sent.',
  configuration: 'explicit-protocol',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter.bidi,
    requests: requestsFor('bidi', 10, PAYLOAD),
    metadata: choosing('name-grpc'),
    pingPong: true,
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: { status: 'OK', ...repliesTo('bidi', 10, PAYLOAD), servedBy: { service: 'spread' } },
    ledger: { attempts: 1, service: 'spread', ...requestsSeen(10), halfClosed: true },
    gateway: { ...wayIn(transport), ...routedTo(through('name-grpc')) },
  },
  sabotages: [tcpGrpc(HTTP_1), httpOverName(HTTP_1)],
}));

const paced = expand({ transport: TRANSPORTS }, ({ transport }): Case => ({
  name: 'explicit-protocol/streaming/paced',
  row: 'S13',
  title: 'The replies of a server stream arrive as they are sent, not all at the end.',
  configuration: 'explicit-protocol',
  invocation: {
    client: 'grpc-js',
    transport,
    method: METHODS.greeter['server-stream'],
    requests: [{ count: 5, interval_ms: 200 }],
    metadata: choosing('name-grpc'),
    deadlineMs: 10_000,
  },
  expectation: {
    rpc: {
      status: 'OK',
      ...replies(5),
      // Four pauses of 200 ms. Held back and sent together, the messages would be milliseconds apart.
      betweenFirstAndLastMs: { min: 600, max: 1600 },
      servedBy: { service: 'spread' },
    },
    ledger: { attempts: 1, service: 'spread', received: 1, halfClosed: true },
    gateway: { ...wayIn(transport), ...routedTo(through('name-grpc')) },
  },
  sabotages: [tcpGrpc(HTTP_1), undeclared(HTTP_1)],
}));

export const cases: readonly Case[] = [...rpcs, ...programmed, ...spread, ...dialogue, ...paced];
