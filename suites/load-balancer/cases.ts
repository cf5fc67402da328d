import type { Balancer } from '../../src/clients/balancer.ts';
import type { GatewayExpectation } from '../../src/conformance/expectation.ts';
import { expand, type Case } from '../../src/conformance/model.ts';
import { answeredByGreeter } from '../every-kind.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { METHODS, RPC_KINDS } from '../requests.ts';
import { clientBefore167, clientOfToday, throughAnother } from './sabotages.ts';

/** Load balancers of layer 4 that end TLS and know no ALPN, by what they do then (grpc-go#7922, grpc-go#434). */
const WITHOUT_ALPN = {
  terminated: { tls: 'terminated', alpn: [] },
  're-encrypted': { tls: 're-encrypted', alpn: [] },
} as const satisfies Readonly<Record<string, Balancer>>;
const WITHOUT = Object.keys(WITHOUT_ALPN) as (keyof typeof WITHOUT_ALPN)[];

/** The same with the one setting that was missing. */
const withH2 = (balancer: keyof typeof WITHOUT_ALPN): Balancer => ({
  ...WITHOUT_ALPN[balancer],
  alpn: ['h2'],
});
const PASSED_THROUGH: Balancer = { tls: 'passed through' };

const FACTS = { configuration: 'catch-all', needs: ['docker'] } as const;
const CALL = {
  client: 'grpc-go',
  transport: 'tls',
  method: METHODS.greeter.unary,
  deadlineMs: 10_000,
} as const;

/** The way in as the gateway sees it from behind a balancer: what the client's TLS was, it never learns. */
const behind = (balancer: keyof typeof WITHOUT_ALPN): GatewayExpectation => ({
  ...wayIn(balancer === 'terminated' ? 'h2c' : 'tls'),
  ...routedTo('grpc-service'),
});

const MISSING = 'missing selected ALPN property';
const GOT_OK = 'grpc-status: expected UNAVAILABLE, got OK';

const handshakes = expand({ balancer: [...WITHOUT, 'passed-through'] }, ({ balancer: form }): Case => {
  const through = form === 'passed-through';
  return {
    ...FACTS,
    name: 'load-balancer/alpn',
    row: 'S1',
    title: through
      ? 'Through a balancer that passes TLS through, ALPN picks h2.'
      : 'A balancer that ends TLS and knows no ALPN picks nothing, whatever is offered.',
    invocation: {
      client: 'tls',
      alpn: ['h2', 'http/1.1'],
      through: through ? PASSED_THROUGH : WITHOUT_ALPN[form],
    },
    expectation: { tls: { alpn: through ? 'h2' : '', authorized: true, subjectAltName: `DNS:${HOST}` } },
    sabotages: [
      through
        ? throughAnother(WITHOUT_ALPN.terminated, 'ALPN: expected h2, got (empty)')
        : throughAnother(withH2(form), 'ALPN: expected (empty), got h2'),
    ],
  };
});

/** Failure class B1: "authentication handshake failed: credentials: cannot check peer: missing selected ALPN property". */
const refused = expand({ balancer: WITHOUT }, ({ balancer }): Case => ({
  ...FACTS,
  name: 'load-balancer/without-alpn/grpc-go',
  row: 'S11',
  title: 'grpc-go refuses a balancer that knows no ALPN, before the gateway has seen a byte of HTTP.',
  invocation: { ...CALL, through: WITHOUT_ALPN[balancer] },
  expectation: {
    rpc: {
      status: 'UNAVAILABLE',
      details: new RegExp(`authentication handshake failed.*${MISSING}`),
      count: 0,
    },
    ledger: { attempts: 0 },
    gateway: 'no line',
  },
  sabotages: [throughAnother(withH2(balancer), GOT_OK), clientBefore167(GOT_OK)],
}));

const oldClient = expand({ balancer: WITHOUT }, ({ balancer }): Case => {
  const { invocation, expectation } = answeredByGreeter('unary', 'tls');
  return {
    ...FACTS,
    name: 'load-balancer/without-alpn/grpc-go-before-1.67',
    row: 'S11',
    title:
      'grpc-go as it was before 1.67 goes on without ALPN: which is why an upgrade of the client breaks it.',
    invocation: { ...invocation, client: 'grpc-go', enforceAlpn: false, through: WITHOUT_ALPN[balancer] },
    expectation: { ...expectation, gateway: behind(balancer) },
    sabotages: [clientOfToday(MISSING)],
  };
});

const cured = expand({ balancer: [...WITHOUT, 'passed-through'] }, ({ balancer: form }): Case => {
  const { invocation, expectation } = answeredByGreeter('unary', 'tls');
  const through = form === 'passed-through';
  return {
    ...FACTS,
    name: 'load-balancer/with-h2/grpc-go',
    row: 'S11',
    title: through
      ? 'grpc-go is answered through a balancer that passes TLS through.'
      : 'grpc-go is answered through a balancer that ends TLS and offers h2.',
    invocation: { ...invocation, client: 'grpc-go', through: through ? PASSED_THROUGH : withH2(form) },
    expectation: {
      ...expectation,
      gateway: through ? { ...wayIn('tls'), ...routedTo('grpc-service') } : behind(form),
    },
    sabotages: [throughAnother(through ? WITHOUT_ALPN.terminated : WITHOUT_ALPN[form], MISSING)],
  };
});

/** grpc-js does not ask what ALPN picked, and Envoy knows HTTP/2 by its preface. */
const grpcJs = expand({ balancer: WITHOUT, kind: RPC_KINDS }, ({ balancer, kind }): Case => {
  const { invocation, expectation } = answeredByGreeter(kind, 'tls');
  return {
    ...FACTS,
    name: 'load-balancer/without-alpn/grpc-js',
    row: 'S11',
    title: `grpc-js makes a ${kind} RPC through a balancer that knows no ALPN: it does not insist on it.`,
    invocation: { ...invocation, through: WITHOUT_ALPN[balancer] },
    expectation: { ...expectation, gateway: behind(balancer) },
    sabotages: [
      balancer === 'terminated'
        ? throughAnother(PASSED_THROUGH, 'access log tlsVersion: expected nothing, got TLSv1.3')
        : throughAnother(WITHOUT_ALPN.terminated, 'access log tlsVersion: expected something like'),
    ],
  };
});

/** A client that goes by what was picked speaks HTTP/1.1, over which Envoy hands on no trailers: the status is lost. */
const undici = expand({ balancer: WITHOUT }, ({ balancer }): Case => ({
  ...FACTS,
  name: 'load-balancer/without-alpn/undici',
  row: 'S11',
  title:
    'undici falls back to HTTP/1.1 behind a balancer that knows no ALPN, and never sees the grpc-status.',
  invocation: { ...framed('tls', '2'), by: 'undici', through: WITHOUT_ALPN[balancer] },
  expectation: {
    http: { status: 200, trailers: { 'grpc-status': null }, error: '' },
    ledger: { attempts: 1, service: 'grpc-service', perAttempt: [{ status: 'OK' }] },
    gateway: { ...behind(balancer), protocol: 'HTTP/1.1' },
  },
  sabotages: [throughAnother(withH2(balancer), 'access log protocol: expected HTTP/1.1, got HTTP/2')],
}));

const grpcurl = expand(
  { balancer: WITHOUT, place: ['process', 'container'] },
  ({ balancer, place }): Case => ({
    ...FACTS,
    name: 'load-balancer/without-alpn/grpcurl',
    row: 'S11',
    title: `grpcurl, which is made with grpc-go, refuses a balancer that knows no ALPN (as a ${place}).`,
    invocation: {
      client: 'grpcurl',
      runsAs: place,
      through: WITHOUT_ALPN[balancer],
      arguments: [
        ...['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto', '-cacert', '$CA'],
        ...['-d', '{"name":"World"}', '-authority', HOST, '$GATEWAY_IP:443', METHODS.greeter.unary],
      ],
    },
    expectation: {
      rpc: { status: 'UNAVAILABLE', details: new RegExp(MISSING), count: 0 },
      ledger: { attempts: 0 },
      gateway: 'no line',
    },
    sabotages: [throughAnother(withH2(balancer), GOT_OK)],
  }),
);

/** What a load balancer of layer 4 between client and gateway does to gRPC. */
export const cases: readonly Case[] = [
  ...handshakes,
  ...refused,
  ...oldClient,
  ...cured,
  ...grpcJs,
  ...undici,
  ...grpcurl,
];
