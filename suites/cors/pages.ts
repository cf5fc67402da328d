import { expand, type Case } from '../../src/conformance/model.ts';
import { SERVICE, TRANSLATED, webWayIn } from '../grpc-web/expectations.ts';
import { filterAbsent, seedMatch } from '../grpc-web/sabotages.ts';
import { ANSWERED_PREFLIGHT, CONTENT, LIBRARIES, notRefused, page, refused } from '../pages.ts';
import {
  allowed,
  anyOrigin,
  badCertificate,
  credentialsAllowed,
  exposed,
  forgetful,
  headerNotAllowed,
  noExposeHeaders,
  otherOrigin,
  overTls,
  withoutCookies,
  withoutMatch,
} from './sabotages.ts';

const FACTS = { row: 'S9', configuration: 'grpc-web', needs: ['browser'] } as const;
const WAY_IN = { ...webWayIn('tls', '2'), method: 'POST', responseCode: 200 } as const;

/** An XMLHttpRequest ends before its browser has said why in the console. */
const distrusted = (by: (typeof LIBRARIES)[number], console: string): string =>
  by === 'grpc-web' ? 'http status code: 0' : console;

const called = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/allowed',
  ...FACTS,
  title: `A page of the allowed origin calls by ${by}, after a preflight that the gateway answers itself.`,
  invocation: page(by),
  expectation: {
    rpc: {
      status: 'OK',
      count: 1,
      payloadBytes: 100,
      http: { status: 200, alpn: 'h2' },
      page: CONTENT,
    },
    ledger: { attempts: 1, service: SERVICE, received: 1, metadata: { 'x-grpc-web': '1' } },
    preflight: ANSWERED_PREFLIGHT,
    gateway: { ...WAY_IN, ...TRANSLATED },
  },
  sabotages: [
    otherOrigin('grpc-status: expected OK, got UN'),
    seedMatch('access log responseCode of the preflight: expected 200, got 404'),
    headerNotAllowed('Request header field x-grpc-web is not allowed'),
    badCertificate('expired', distrusted(by, 'ERR_CERT_DATE_INVALID')),
    badCertificate('other host', distrusted(by, 'ERR_CERT_COMMON_NAME_INVALID')),
    badCertificate('other authority', distrusted(by, 'ERR_CERT_AUTHORITY_INVALID')),
  ],
}));

/** Chromium caps the 24 h of the policy at two hours, which a case need not wait for. */
const cached = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/cached',
  ...FACTS,
  title: `The answer to the preflight holds for the next calls of the page by ${by}.`,
  invocation: {
    ...page(by),
    calls: 2,
    // The next call comes when an answer that may be kept for a second is too old.
    script: { steps: [{ wait: 1_500 }, { messages: {} }] },
  },
  expectation: {
    rpc: { status: 'OK', count: 1, page: CONTENT },
    ledger: { attempts: 1 },
    preflight: ANSWERED_PREFLIGHT,
    gateway: WAY_IN,
    connections: 1,
  },
  sabotages: [forgetful('access-log lines of the preflight (call 2 of 2): expected 0, got 1')],
}));

const ORIGINS = {
  'another-site': 'https://evil.example.com',
  'a-longer-name': 'https://myapp.example.com.evil.example',
  'another-port': 'https://myapp.example.com:8443',
} as const;

const foreign = expand(
  { origin: ['another-site', 'a-longer-name', 'another-port'], by: LIBRARIES },
  ({ origin, by }): Case => ({
    name: 'cors/page/foreign',
    ...FACTS,
    title: `A page of ${ORIGINS[origin]} gets no answer to its preflight, and its browser makes no call.`,
    invocation: { ...page(by), origin: ORIGINS[origin] },
    expectation: {
      rpc: refused(
        by,
        /blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header/,
      ),
      // What reached the service is the preflight, which Istio has Envoy forward.
      ledger: { attempts: 1, service: SERVICE, received: 0, metadata: { origin: ORIGINS[origin] } },
      preflight: { method: 'OPTIONS', responseCode: 415, responseCodeDetails: 'via_upstream' },
      gateway: 'no line',
    },
    sabotages: [anyOrigin(notRefused(by))],
  }),
);

/** The status stands among the headers: what a page may read of it is up to exposeHeaders. */
const failed = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/failed',
  ...FACTS,
  title: `The page reads by ${by} why a call failed that has nothing but its status.`,
  invocation: {
    ...page(by),
    script: { steps: [{ status: 'NOT_FOUND', message: 'no such greeting' }] },
  },
  expectation: {
    rpc: { status: 'NOT_FOUND', details: 'no such greeting', count: 0, page: CONTENT },
    ledger: { attempts: 1, service: SERVICE, perAttempt: [{ status: 'NOT_FOUND', trailersOnly: true }] },
    preflight: ANSWERED_PREFLIGHT,
    gateway: { ...WAY_IN, grpcStatus: 5 },
  },
  sabotages: [noExposeHeaders('grpc-status: expected NOT_FOUND, got')],
}));

/** In the body they are data like any other. */
const inBody = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/trailers',
  ...FACTS,
  title: `The page reads by ${by} every trailer that stands in the body, exposed or not.`,
  invocation: {
    ...page(by),
    script: {
      steps: [{ messages: { payloadBytes: 10 } }, { status: 'OK', trailers: { 'x-end': 'not exposed' } }],
    },
  },
  expectation: {
    rpc: { status: 'OK', count: 1, trailers: { 'x-end': 'not exposed' }, page: CONTENT },
    ledger: { attempts: 1, service: SERVICE },
    gateway: { ...WAY_IN, ...TRANSLATED },
  },
  sabotages: [filterAbsent('grpc-status: expected OK')],
}));

const hidden = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/hidden',
  ...FACTS,
  title: `The page by ${by} does not see a header that the policy does not expose.`,
  invocation: {
    ...page(by),
    script: { steps: [{ headers: { 'x-initial': 'hidden' } }, { messages: {} }, { status: 'OK' }] },
  },
  expectation: {
    rpc: { status: 'OK', count: 1, initialMetadata: { 'x-initial': null }, page: CONTENT },
    ledger: { attempts: 1, service: SERVICE },
    gateway: WAY_IN,
  },
  sabotages: [exposed('x-initial', 'initial metadata x-initial: expected nothing, got hidden')],
}));

const ownMetadata = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/own-metadata',
  ...FACTS,
  title: `Metadata that the policy does not allow keeps a call by ${by} from being made.`,
  invocation: { ...page(by), metadata: { 'x-tenant': 'blue' } },
  expectation: {
    rpc: refused(
      by,
      /Request header field x-tenant is not allowed by Access-Control-Allow-Headers in preflight/,
    ),
    ledger: { attempts: 0 },
    preflight: ANSWERED_PREFLIGHT,
    gateway: 'no line',
  },
  sabotages: [allowed('x-tenant', notRefused(by))],
}));

const cookies = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/cookies',
  ...FACTS,
  title: `A policy without allowCredentials refuses a call by ${by} that would send cookies.`,
  invocation: { ...page(by), credentials: true },
  expectation: {
    rpc: refused(by, /'Access-Control-Allow-Credentials' header in the response is '' which must be 'true'/),
    ledger: { attempts: 0 },
    preflight: ANSWERED_PREFLIGHT,
    gateway: 'no line',
  },
  sabotages: [credentialsAllowed(notRefused(by)), withoutCookies(notRefused(by))],
}));

/** The seed's trap: its route asks for a content-type, which a preflight has none of. */
const seedTrap = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/seed-trap',
  ...FACTS,
  configuration: 'grpc-web-seed',
  title: `With the seed's own route no preflight is answered, so that no page can call by ${by}.`,
  invocation: page(by),
  expectation: {
    rpc: refused(by, /Response to preflight request doesn't pass access control check/),
    ledger: { attempts: 0 },
    preflight: { method: 'OPTIONS', responseCode: 404, responseCodeDetails: 'route_not_found' },
    gateway: 'no line',
  },
  sabotages: [withoutMatch(notRefused(by))],
}));

const mixed = expand({ by: LIBRARIES }, ({ by }): Case => ({
  name: 'cors/page/plaintext',
  ...FACTS,
  title: `A page that came by HTTPS cannot call the plaintext port by ${by}.`,
  cell: {
    table: 'h2c-clients',
    line: 'Chromium',
    column: 'prior knowledge',
    says: 'no: a page that came by HTTPS may not call it',
  },
  invocation: { ...page(by), transport: 'h2c' },
  expectation: {
    rpc: refused(by, /Mixed Content/),
    ledger: { attempts: 0 },
    preflight: 'no line',
    gateway: 'no line',
  },
  sabotages: [overTls(notRefused(by))],
}));

export const cases: readonly Case[] = [
  ...called,
  ...cached,
  ...foreign,
  ...failed,
  ...inBody,
  ...hidden,
  ...ownMetadata,
  ...cookies,
  ...mixed,
  ...seedTrap,
];
