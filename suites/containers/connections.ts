import { expand, type Case } from '../../src/conformance/model.ts';
import { anyHost, otherDestination } from '../catch-all/sabotages.ts';
import { HOST, UNROUTED, routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { knownAuthority, rightListener, rightServerName } from './sabotages.ts';

const FACTS = { configuration: 'catch-all', needs: ['docker'] } as const;
const CALL = { client: 'grpc-go', method: METHODS.greeter.unary, deadlineMs: 5_000 } as const;

/** An authority may name the port and be in upper case: hosts are compared without either. */
const authorities = expand(
  { transport: TRANSPORTS, authority: ['with-port', 'upper-case'] },
  ({ transport, authority: form }): Case => {
    const port = transport === 'tls' ? 443 : 80;
    const authority = form === 'with-port' ? `${HOST}:${port}` : HOST.toUpperCase();
    return {
      ...FACTS,
      name: 'containers/authority/grpc-go',
      row: 'S2',
      title: `The authority ${authority} of grpc-go is routed like ${HOST}.`,
      invocation: { ...CALL, transport, authority },
      expectation: {
        rpc: { status: 'OK', servedBy: { service: 'grpc-service' } },
        ledger: { attempts: 1, service: 'grpc-service' },
        gateway: { ...routedTo('grpc-service'), authority },
      },
      sabotages: [otherDestination('expected grpc-service, got')],
    };
  },
);

const foreignAuthority: Case = {
  ...FACTS,
  name: 'containers/authority/grpc-go/h2c/foreign-host',
  row: 'S2',
  title: 'An authority that is not the Gateway’s gives grpc-go UNIMPLEMENTED by the word of the gateway.',
  invocation: { ...CALL, transport: 'h2c', authority: 'other.example.com' },
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...wayIn('h2c'), ...UNROUTED, authority: 'other.example.com' },
  },
  sabotages: [anyHost('grpc-status: expected UNIMPLEMENTED, got OK')],
};

/** What no RPC comes out of: the gateway's HTTP layer never sees it. */
const nothingArrives = { ledger: { attempts: 0 }, gateway: 'no line' } as const;
const GOT_OK = 'grpc-status: expected UNAVAILABLE, got OK';

const wrongServerName: Case = {
  ...FACTS,
  name: 'containers/sni/grpc-go/of-another-host',
  row: 'S1',
  title: 'An SNI of another host gets grpc-go no handshake.',
  invocation: { ...CALL, transport: 'tls', serverName: 'other.example.com' },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: /authentication handshake failed/, count: 0 },
    ...nothingArrives,
  },
  sabotages: [rightServerName(GOT_OK)],
};

const untrusting: Case = {
  ...FACTS,
  name: 'containers/untrusting/grpc-go',
  row: 'S1',
  title: 'A grpc-go that does not know the authority turns away from the gateway.',
  invocation: { ...CALL, transport: 'tls', trust: 'public' },
  expectation: {
    rpc: { status: 'UNAVAILABLE', details: /x509: certificate signed by unknown authority/, count: 0 },
    ...nothingArrives,
  },
  sabotages: [knownAuthority(GOT_OK)],
};

const wrongListener = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const tls = transport === 'tls';
  return {
    ...FACTS,
    name: 'containers/wrong-listener/grpc-go',
    row: tls ? 'S3' : 'S1',
    title: tls
      ? 'grpc-go with TLS at port 80 says that no TLS answers.'
      : 'grpc-go without TLS at port 443 is cut off before the preface of HTTP/2 is answered.',
    invocation: { ...CALL, transport, listener: tls ? 'h2c' : 'tls' },
    expectation: {
      rpc: {
        status: 'UNAVAILABLE',
        details: tls
          ? /tls: first record does not look like a TLS handshake/
          : /error reading server preface|connection reset|broken pipe/,
        count: 0,
      },
      ledger: { attempts: 0 },
      // The gateway takes the TLS hello for a request that it cannot read.
      ...(tls ? {} : { gateway: 'no line' }),
    },
    sabotages: [rightListener(transport, GOT_OK)],
  };
});

/** How grpc-go gets to the gateway, and what keeps it from it. */
export const connectionCases: readonly Case[] = [
  ...authorities,
  foreignAuthority,
  wrongServerName,
  untrusting,
  ...wrongListener,
];
