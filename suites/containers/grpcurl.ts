import { expand, type Case } from '../../src/conformance/model.ts';
import { otherDestination } from '../catch-all/sabotages.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { METHODS, TRANSPORTS } from '../requests.ts';
import { alpnWithoutH2 } from '../tls-gateway/sabotages.ts';

/** The commands of the seed, typed in a container that is on the cluster's network. */
const sayHello = expand(
  { transport: TRANSPORTS, by: ['reflection', 'proto'] },
  ({ transport, by }): Case => ({
    name: 'containers/grpcurl',
    row: 'S10',
    title: `grpcurl in a container greets the world, finding the method by ${by}.`,
    configuration: 'catch-all',
    needs: ['docker'],
    invocation: {
      client: 'grpcurl',
      runsAs: 'container',
      arguments: [
        ...(by === 'proto' ? ['-import-path', '$PROTO', '-proto', 'mypackage/greeter.proto'] : []),
        ...(transport === 'tls' ? ['-cacert', '$CA'] : ['-plaintext']),
        ...['-d', '{"name":"World"}', '-authority', HOST],
        ...[transport === 'tls' ? '$GATEWAY_IP:443' : '$GATEWAY_IP:80', METHODS.greeter.unary],
      ],
    },
    expectation: {
      rpc: {
        status: 'OK',
        count: 1,
        reply: { message: 'Hello World' },
        servedBy: { service: 'grpc-service' },
        process: { exitCode: 0, stderr: '' },
      },
      ledger: { attempts: 1, service: 'grpc-service' },
      gateway: { ...wayIn(transport), ...routedTo('grpc-service') },
    },
    sabotages: [
      otherDestination('expected grpc-service, got'),
      ...(transport === 'tls' ? [alpnWithoutH2('missing selected ALPN property')] : []),
    ],
  }),
);

export const grpcurlCases: readonly Case[] = sayHello;
