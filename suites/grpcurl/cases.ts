import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST, UNROUTED, routedTo } from '../expectations.ts';
import { TRANSPORTS } from '../requests.ts';
import { REACH } from './reach.ts';
import { reflectionCases } from './reflection.ts';
import { anyHost, greeterElsewhere, reflectionNotRouted } from './sabotages.ts';

const GREETING = ['-d', '{"name":"World"}'];
const METHOD = 'mypackage.Greeter/SayHello';

const greeted = {
  rpc: {
    status: 'OK',
    count: 1,
    reply: { message: 'Hello World' },
    servedBy: { service: 'grpc-service' },
    process: { exitCode: 0, stderr: '' },
  },
  ledger: { attempts: 1, service: 'grpc-service' },
} as const;

const asTheSeedWritesIt = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const { flags, address } = REACH[transport];
  return {
    name: 'grpcurl/say-hello',
    row: 'S10',
    title: 'The command of the seed greets the world, finding the method by reflection.',
    configuration: 'default',
    invocation: {
      client: 'grpcurl',
      arguments: [...flags, ...GREETING, '-authority', HOST, address, METHOD],
    },
    expectation: { ...greeted, gateway: { ...routedTo('grpc-service'), authority: HOST } },
    sabotages: [reflectionNotRouted, greeterElsewhere],
  };
});

const withoutReflection = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const { flags, address } = REACH[transport];
  return {
    name: 'grpcurl/without-reflection',
    row: 'S10',
    title: 'With the proto at hand grpcurl needs no reflection.',
    configuration: 'default',
    invocation: {
      client: 'grpcurl',
      arguments: [
        ...['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto'],
        ...[...flags, ...GREETING, '-authority', HOST, address, METHOD],
      ],
    },
    expectation: { ...greeted, gateway: { ...routedTo('grpc-service'), authority: HOST } },
    sabotages: [greeterElsewhere],
  };
});

/** An authority may name the port and be in upper case: hosts are compared without either. */
const authorities = expand(
  { transport: TRANSPORTS, authority: ['with-port', 'upper-case'] },
  ({ transport, authority: form }): Case => {
    const { flags, address } = REACH[transport];
    const port = transport === 'tls' ? 443 : 80;
    const authority = form === 'with-port' ? `${HOST}:${port}` : HOST.toUpperCase();
    return {
      name: 'grpcurl/authority',
      row: 'S10',
      title: `The authority ${authority} is routed like ${HOST}.`,
      configuration: 'default',
      invocation: {
        client: 'grpcurl',
        arguments: [...flags, ...GREETING, '-authority', authority, address, METHOD],
      },
      expectation: { ...greeted, gateway: { ...routedTo('grpc-service'), authority } },
      sabotages: [greeterElsewhere],
    };
  },
);

/** Over h2c: with TLS, grpcurl's -authority is its SNI too, and the handshake would fail before any route is asked. */
const foreign = expand({ authority: ['foreign-host', 'trailing-dot'] }, ({ authority: form }): Case => {
  const authority = form === 'foreign-host' ? 'other.example.com' : `${HOST}.`;
  return {
    name: 'grpcurl/authority/h2c',
    row: 'S10',
    title: `The authority ${authority} is not that of the Gateway: UNIMPLEMENTED by the word of the gateway.`,
    configuration: 'default',
    invocation: {
      client: 'grpcurl',
      arguments: [
        ...['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto', '-plaintext'],
        ...[...GREETING, '-authority', authority, '$GATEWAY_IP:80', METHOD],
      ],
    },
    expectation: {
      rpc: { status: 'UNIMPLEMENTED', count: 0, process: { exitCode: 76 } },
      ledger: { attempts: 0 },
      gateway: { ...UNROUTED, authority },
    },
    sabotages: [anyHost],
  };
});

export const cases: readonly Case[] = [
  ...asTheSeedWritesIt,
  ...withoutReflection,
  ...authorities,
  ...foreign,
  ...reflectionCases,
];
