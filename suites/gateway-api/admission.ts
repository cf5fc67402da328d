import { stringify } from 'yaml';
import type { Case } from '../../src/conformance/model.ts';
import { FACTS } from './facts.ts';

/** A GRPCRoute with this in its only rule. */
const route = (rule: object): string =>
  stringify({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GRPCRoute',
    metadata: { name: 'of-a-case' },
    spec: {
      parentRefs: [{ name: 'grpc-gateway', namespace: 'istio-system' }],
      hostnames: ['admission.example.com'],
      rules: [{ backendRefs: [{ name: 'grpc-service', port: 50051 }], ...rule }],
    },
  });

/** What a GRPCRoute of the standard channel cannot say, and the words of the API server. */
const REFUSED = {
  timeouts: { rule: { timeouts: { request: '1s' } }, message: /timeouts.*(not declared|unknown)/is },
  retries: { rule: { retry: { attempts: 3 } }, message: /retry.*(not declared|unknown)/is },
  'session-persistence': {
    rule: { sessionPersistence: { type: 'Cookie' } },
    message: /sessionPersistence.*(not declared|unknown)/is,
  },
  rewrite: {
    rule: { filters: [{ type: 'URLRewrite', urlRewrite: { hostname: 'inner.example.com' } }] },
    message: /URLRewrite|urlRewrite/,
  },
  cors: {
    rule: { filters: [{ type: 'CORS', cors: { allowOrigins: ['https://myapp.example.com'] } }] },
    message: /CORS|cors/,
  },
  'service-prefix': {
    rule: { matches: [{ method: { service: 'mypackage.*' } }] },
    message: /service must only contain valid characters/,
  },
} as const;

/** By each of these a team finds out that it needs an HTTPRoute, or Istio's own objects. */
export const admissionCases: readonly Case[] = Object.entries(REFUSED).map(
  ([what, { rule, message }]): Case => ({
    name: `gateway-api/cannot-say/${what}`,
    ...FACTS,
    row: 'S2',
    title: `A GRPCRoute with ${what.replace('-', ' ')} is refused by the API server.`,
    invocation: { client: 'admission', yaml: route(rule) },
    expectation: { admission: { accepted: false, message } },
    sabotages: [
      {
        name: 'a GRPCRoute that says nothing of the kind',
        change: { invocation: { yaml: route({}) } },
        caughtBy: 'admission: expected refused, got accepted',
      },
    ],
  }),
);
