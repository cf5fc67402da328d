import type { MetadataToSend } from '../../src/clients/metadata.ts';
import type { Case, Sabotage } from '../../src/conformance/model.ts';
import { UNROUTED, routedTo } from '../expectations.ts';
import { METHODS } from '../requests.ts';
import { FACTS, HEALTH, asks, catchAllRule, onRoute, takenBy, takenByNone, withoutRule } from './facts.ts';

const USER = 'user-grpc-service';
const ORDER = 'order-grpc-service';
const STREAMING = 'streaming-service';
const GOT_UNIMPLEMENTED = 'grpc-status: expected OK, got UNIMPLEMENTED';

const METHOD = 'grpc-methods';

/** A method, the service that its rule leads to, and what takes that away. */
const methodCase = (
  name: string,
  title: string,
  method: string,
  service: string,
  rule: number,
  sabotage: Sabotage,
): Case => ({
  name: `gateway-api/method/${name}`,
  ...FACTS,
  title,
  invocation: asks(METHOD, 'tls', method),
  expectation: {
    rpc: { status: 'OK', servedBy: { service } },
    ledger: { attempts: 1, service },
    gateway: { ...takenBy(METHOD, 'tls', rule), ...routedTo(service) },
  },
  sabotages: [sabotage],
});

const methods: readonly Case[] = [
  methodCase(
    'exact',
    'A rule for one method takes it (GRPCExactMethodMatching).',
    METHODS['user-service'].unary,
    USER,
    0,
    withoutRule(METHOD, 0, GOT_UNIMPLEMENTED),
  ),
  methodCase(
    'before-its-service',
    'A rule for a method is asked before one for its whole service, though it stands behind it.',
    HEALTH,
    USER,
    3,
    withoutRule(METHOD, 3, `service: expected ${USER}, got ${ORDER}`),
  ),
  methodCase(
    'regular-expression',
    'A service and a method may be regular expressions.',
    METHODS['streaming-service']['server-stream'],
    STREAMING,
    4,
    withoutRule(METHOD, 4, GOT_UNIMPLEMENTED),
  ),
  methodCase(
    'any-service',
    'A method without a service is that method of any service.',
    METHODS['streaming-service'].unary,
    STREAMING,
    5,
    withoutRule(METHOD, 5, GOT_UNIMPLEMENTED),
  ),
];

const named: Case = {
  name: 'gateway-api/method/named-rule',
  ...FACTS,
  title: "A rule's name is that of its route in Envoy and in the access log (GRPCRouteNamedRule).",
  invocation: asks(METHOD, 'tls', METHODS['order-service'].unary),
  expectation: {
    rpc: { status: 'OK', count: 1, servedBy: { service: ORDER } },
    ledger: { attempts: 1, service: ORDER },
    gateway: { ...takenByNone(METHOD, 'tls'), ...routedTo(ORDER), routeName: 'named-rule' },
  },
  sabotages: [
    onRoute(METHOD, 'a rule without a name', 'access log routeName: expected named-rule, got default.', {
      op: 'remove',
      path: '/spec/rules/1/name',
    }),
  ],
};

const notNamed: Case = {
  name: 'gateway-api/method/no-rule',
  ...FACTS,
  title: 'A method of the same service that no rule names is UNIMPLEMENTED (GRPCExactMethodMatching).',
  invocation: asks(METHOD, 'tls', METHODS['user-service']['server-stream']),
  expectation: {
    rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
    ledger: { attempts: 0 },
    gateway: { ...takenByNone(METHOD, 'tls'), ...UNROUTED },
  },
  sabotages: [catchAllRule(METHOD, 'attempts: expected 0, got 1')],
};

/** What is sent, and the rule that takes it: those of the public suite, in its order, and one of our own. */
const SENT: readonly (readonly [
  name: string,
  sent: MetadataToSend,
  taken?: { rule: number; service: string },
])[] = [
  ['one', { version: 'one' }, { rule: 0, service: USER }],
  ['two', { version: 'two' }, { rule: 1, service: ORDER }],
  ['both', { version: 'two', color: 'orange' }, { rule: 2, service: USER }],
  ['first-of-two-rules', { version: 'two', color: 'blue' }, { rule: 1, service: ORDER }],
  ['half-of-both', { color: 'orange' }],
  ['another-header', { 'some-other-header': 'one' }],
  ['either-first', { color: 'blue' }, { rule: 3, service: USER }],
  ['either-second', { color: 'green' }, { rule: 3, service: USER }],
  ['other-either-first', { color: 'red' }, { rule: 4, service: ORDER }],
  ['other-either-second', { color: 'yellow' }, { rule: 4, service: ORDER }],
  ['another-value', { color: 'purple' }],
  ['regular-expression', { tenant: 'gold-17' }, { rule: 5, service: STREAMING }],
];

const headers = SENT.map(([name, sent, taken]): Case => {
  const words = Object.entries(sent)
    .map(([key, value]) => `${key}: ${String(value)}`)
    .join(' and ');
  const common = {
    name: `gateway-api/header/${name}`,
    ...FACTS,
    invocation: asks('grpc-headers', 'h2c', HEALTH, sent),
  } as const;
  if (taken === undefined)
    return {
      ...common,
      title: `An RPC with ${words} fits no rule: UNIMPLEMENTED (GRPCRouteHeaderMatching).`,
      expectation: {
        rpc: { status: 'UNIMPLEMENTED', count: 0, servedBy: null },
        ledger: { attempts: 0 },
        gateway: { ...takenByNone('grpc-headers', 'h2c'), ...UNROUTED },
      },
      sabotages: [catchAllRule('grpc-headers', 'attempts: expected 0, got 1')],
    };
  const { rule, service } = taken;
  return {
    ...common,
    title: `An RPC with ${words} is taken by rule ${rule} (GRPCRouteHeaderMatching).`,
    expectation: {
      rpc: { status: 'OK', count: 1, servedBy: { service } },
      ledger: { attempts: 1, service },
      gateway: { ...takenBy('grpc-headers', 'h2c', rule), ...routedTo(service) },
    },
    sabotages: [
      onRoute(
        'grpc-headers',
        'the rules of the others',
        'access log routeName: expected default.grpc-headers.',
        { op: 'move', from: '/spec/rules/5', path: '/spec/rules/0' },
      ),
    ],
  };
});

/** How methods and headers are matched: all that the public suite asserts, and regular expressions. */
export const matchCases: readonly Case[] = [...methods, named, notNamed, ...headers];
