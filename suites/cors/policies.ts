import { expand, type Case } from '../../src/conformance/model.ts';
import type { HttpExpectation, MetadataExpectation } from '../../src/conformance/expectation.ts';
import { HTTP, webWayIn } from '../grpc-web/expectations.ts';
import { METHODS } from '../requests.ts';
import { policyTakenAway } from './sabotages.ts';

const ALLOW_ORIGIN = 'access-control-allow-origin';
const NOTHING: MetadataExpectation = {
  [ALLOW_ORIGIN]: null,
  'access-control-allow-methods': null,
  'access-control-allow-headers': null,
  'access-control-allow-credentials': null,
};
const FORWARDED = { status: 415, headers: NOTHING } as const;
const allowedTo = (origin: string, others: MetadataExpectation = {}): HttpExpectation => ({
  status: 200,
  headers: { [ALLOW_ORIGIN]: origin, ...others },
  body: '',
});

/** Preflights of manifests/cors-policies: who asks, for which service, and what the gateway says. */
const PREFLIGHTS: Readonly<
  Record<
    string,
    {
      readonly service: keyof typeof METHODS;
      readonly origin: string;
      readonly http: HttpExpectation;
    }
  >
> = {
  // Envoy names the origin that asked, where `*` would do: with cookies `*` would be refused by browsers.
  wildcard: {
    service: 'user-service',
    origin: 'https://anybody.example.org',
    http: allowedTo('https://anybody.example.org', { 'access-control-allow-credentials': null }),
  },
  'wildcard-null': {
    service: 'user-service',
    origin: 'null',
    http: allowedTo('null'),
  },
  regex: {
    service: 'order-service',
    origin: 'https://shop-2.example.com',
    http: allowedTo('https://shop-2.example.com', {
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type,grpc-timeout,x-grpc-web,x-user-agent,x-tenant',
      'access-control-expose-headers': 'grpc-status,grpc-message,grpc-status-details-bin,x-initial',
      'access-control-max-age': '10',
    }),
  },
  // The pattern is for the whole origin, and its dots are dots. What it does not match is answered with all but its
  // origin, and that is what decides.
  'regex-longer': {
    service: 'order-service',
    origin: 'https://shop.example.com.evil.example',
    http: { status: 200, headers: { [ALLOW_ORIGIN]: null }, body: '' },
  },
  'regex-deeper': {
    service: 'order-service',
    origin: 'https://a.b.example.com',
    http: { status: 200, headers: { [ALLOW_ORIGIN]: null }, body: '' },
  },
  'first-of-several': {
    service: 'streaming-service',
    origin: 'https://myapp.example.com',
    http: allowedTo('https://myapp.example.com', {
      'access-control-allow-methods': 'GET',
      'access-control-expose-headers': null,
      'access-control-max-age': '1',
    }),
  },
  'second-of-several': {
    service: 'streaming-service',
    origin: 'https://admin.example.com',
    http: allowedTo('https://admin.example.com'),
  },
  prefix: {
    service: 'streaming-service',
    origin: 'https://preview-17.example.net',
    http: allowedTo('https://preview-17.example.net'),
  },
  'none-of-several': {
    service: 'streaming-service',
    origin: 'https://other.example.com',
    http: FORWARDED,
  },
  'upper-case': {
    service: 'streaming-service',
    origin: 'https://MYAPP.example.com',
    http: FORWARDED,
  },
  'no-policy': {
    service: 'greeter',
    origin: 'https://myapp.example.com',
    http: FORWARDED,
  },
};

export const cases: readonly Case[] = expand(
  { policy: Object.keys(PREFLIGHTS), http: HTTP },
  ({ policy, http }): Case | undefined => {
    const preflight = PREFLIGHTS[policy];
    if (preflight === undefined) return undefined;
    const { service, origin } = preflight;
    const isForwarded = preflight.http.status === 415;
    return {
      name: 'cors/policy',
      row: 'S9',
      title: `The preflight of ${origin} for the ${service} is ${isForwarded ? 'not answered by the gateway' : 'answered as its policy says'}.`,
      configuration: 'cors-policies',
      invocation: {
        client: 'http',
        transport: 'tls',
        http,
        verb: 'OPTIONS',
        path: `/${METHODS[service].unary}`,
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-grpc-web',
        },
      },
      expectation: {
        http: preflight.http,
        gateway: {
          ...webWayIn('tls', http),
          method: 'OPTIONS',
          responseCodeDetails: isForwarded ? 'via_upstream' : 'cors_response',
        },
      },
      sabotages: [policyTakenAway(isForwarded)],
    };
  },
);
