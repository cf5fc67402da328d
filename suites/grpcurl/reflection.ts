import { expand, type Case } from '../../src/conformance/model.ts';
import { HOST, routedTo, wayIn } from '../expectations.ts';
import { catchAllAdded } from '../path-routing/sabotages.ts';
import { TRANSPORTS } from '../requests.ts';
import { REACH } from './reach.ts';
import { withoutRoute, otherServicesList, reflectionNotRouted } from './sabotages.ts';

const NO_REFLECTION = 'server does not support the reflection API';
const USERS = 'user-grpc-service';
const GET_USER = 'mypackage.UserService/GetUser';

/** What grpcurl is asked to find out, and what it prints. */
const QUESTIONS = {
  list: { words: ['list'], prints: /^grpc\.health\.v1\.Health\nmypackage\.Greeter\n/ },
  'list-methods': {
    words: ['list', 'mypackage.Greeter'],
    prints: /^mypackage\.Greeter\.Chat\n.*\.CollectHellos\n.*\.SayHello\n.*\.StreamHellos\s*$/,
  },
  'describe-service': {
    words: ['describe', 'mypackage.Greeter'],
    prints: /rpc SayHello \( \.mypackage\.HelloRequest \) returns \( \.mypackage\.HelloReply \);/,
  },
  'describe-message': {
    words: ['describe', 'mypackage.HelloRequest'],
    prints: /^mypackage\.HelloRequest is a message:\nmessage HelloRequest \{\n {2}string name = 1;/,
  },
} as const;
type Question = keyof typeof QUESTIONS;

const asked = expand(
  { question: Object.keys(QUESTIONS) as Question[], transport: TRANSPORTS },
  ({ question, transport }): Case => {
    const { flags, address } = REACH[transport];
    const { words, prints } = QUESTIONS[question];
    return {
      name: 'grpcurl/reflection',
      row: 'S10',
      title: `grpcurl ${words.join(' ')} is answered by the reflection of the service that the catch-all leads to.`,
      configuration: 'default',
      invocation: {
        client: 'grpcurl',
        witnessed: 'reflection',
        arguments: [...flags, '-authority', HOST, address, ...words],
      },
      expectation: {
        rpc: { status: 'OK', count: 1, reply: { text: prints }, process: { exitCode: 0, stderr: '' } },
        ledger: { attempts: 1, service: 'grpc-service' },
        gateway: {
          ...wayIn(transport),
          ...routedTo('grpc-service'),
          path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        },
      },
      sabotages: [
        reflectionNotRouted,
        otherServicesList('service: expected grpc-service, got streaming-service'),
      ],
    };
  },
);

/** Behind path routes that nobody thought of reflection for. */
const notRouted = expand({ asks: ['list', 'call'], transport: TRANSPORTS }, ({ asks, transport }): Case => {
  const { flags, address } = REACH[transport];
  const list = asks === 'list';
  return {
    name: 'grpcurl/reflection-not-routed',
    row: 'S10',
    title: list
      ? 'Behind path routes only, grpcurl lists nothing, and says that there is no reflection.'
      : 'Behind path routes only, grpcurl without the proto does not even make its RPC.',
    configuration: 'path-routing',
    invocation: {
      client: 'grpcurl',
      witnessed: list ? 'reflection' : 'rpc',
      arguments: [...flags, '-authority', HOST, address, list ? 'list' : GET_USER],
    },
    expectation: {
      rpc: { status: 'UNAVAILABLE', details: new RegExp(NO_REFLECTION), count: 0, process: { exitCode: 1 } },
      ledger: { attempts: 0 },
      // Of the list there are two lines: it asks for reflection in each of its versions.
      ...(list ? {} : { gateway: 'no line' as const }),
    },
    sabotages: [catchAllAdded('grpc-status: expected UNAVAILABLE, got OK')],
  };
});

/** The proto takes its place: of the routes of `path-routing` the RPC's own is enough. */
const byProto = expand({ transport: TRANSPORTS }, ({ transport }): Case => {
  const { flags, address } = REACH[transport];
  const proto = ['-import-path', '$PROTO', '-proto', 'mypackage/user_service.proto'];
  return {
    name: 'grpcurl/reflection-not-routed/proto',
    row: 'S10',
    title: 'Behind path routes only, grpcurl with the proto makes its RPC.',
    configuration: 'path-routing',
    invocation: { client: 'grpcurl', arguments: [...proto, ...flags, '-authority', HOST, address, GET_USER] },
    expectation: {
      rpc: { status: 'OK', count: 1, servedBy: { service: USERS }, process: { exitCode: 0, stderr: '' } },
      ledger: { attempts: 1, service: USERS },
      gateway: { ...wayIn(transport), ...routedTo(USERS) },
    },
    sabotages: [
      withoutRoute('user route dropped', 'grpc-routing', 0, 'grpc-status: expected OK, got UNIMPLEMENTED'),
    ],
  };
});

/** grpcurl asks for v1 first, and for v1alpha when it hears UNIMPLEMENTED: a route to either is enough. */
const versions = expand(
  { version: ['v1', 'v1alpha'], asks: ['list', 'call'], transport: TRANSPORTS },
  ({ version, asks, transport }): Case => {
    const { flags, address } = REACH[transport];
    const list = asks === 'list';
    const name = `reflection-${version}` as const;
    return {
      name: 'grpcurl/reflection-version',
      row: 'S10',
      title: `Where only ${version} of reflection is routed, grpcurl ${list ? 'lists what is there' : 'finds its method'}.`,
      configuration: 'reflection',
      invocation: {
        client: 'grpcurl',
        witnessed: list ? 'reflection' : 'rpc',
        arguments: [
          ...[...flags, '-reflect-header', `x-reflection: ${version}`, '-authority', HOST],
          ...[address, list ? 'list' : GET_USER],
        ],
      },
      expectation: {
        rpc: {
          status: 'OK',
          count: 1,
          ...(list
            ? { reply: { text: /^grpc\.health\.v1\.Health\nmypackage\.UserService\s*$/ } }
            : { servedBy: { service: USERS } }),
          process: { exitCode: 0, stderr: '' },
        },
        ledger: { attempts: 1, service: USERS },
        // Of a list by v1alpha there are two lines, the first of which finds no route.
        ...(list
          ? version === 'v1'
            ? { gateway: { ...wayIn(transport), ...routedTo(USERS), routeName: name } }
            : {}
          : { gateway: { ...wayIn(transport), ...routedTo(USERS), routeName: 'users' } }),
      },
      sabotages: [
        withoutRoute(`no route to ${version}`, 'grpc-reflection', version === 'v1' ? 1 : 2, NO_REFLECTION),
      ],
    };
  },
);

export const reflectionCases: readonly Case[] = [...asked, ...notRouted, ...byProto, ...versions];
