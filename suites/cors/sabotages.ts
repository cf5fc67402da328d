import type { CertificateFault } from '../../src/certificates/faults.ts';
import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

const ROUTE = '/spec/http/0';
const onRoute = (...operations: Parameters<typeof jsonPatch>[2][]) => ({
  manifests: [jsonPatch('VirtualService', 'grpc-web-vs', ...operations)],
});

/** A page may then read no status, and no trailer. */
export const noExposeHeaders = (caughtBy: string): Sabotage => ({
  name: 'no exposeHeaders',
  change: onRoute({ op: 'remove', path: `${ROUTE}/corsPolicy/exposeHeaders` }),
  caughtBy,
});

/** The policy allows another origin than the one that asks. */
export const otherOrigin = (caughtBy: string): Sabotage => ({
  name: 'another origin allowed',
  change: onRoute({
    op: 'replace',
    path: `${ROUTE}/corsPolicy/allowOrigins`,
    value: [{ exact: 'https://elsewhere.example.com' }],
  }),
  caughtBy,
});

/** Everybody is allowed. */
export const anyOrigin = (caughtBy: string): Sabotage => ({
  name: 'any origin allowed',
  change: onRoute({
    op: 'replace',
    path: `${ROUTE}/corsPolicy/allowOrigins`,
    value: [{ regex: '.*' }],
  }),
  caughtBy,
});

/** A header that the browser's client sends is not among those allowed. */
export const headerNotAllowed = (caughtBy: string): Sabotage => ({
  name: 'x-grpc-web not allowed',
  change: onRoute({
    op: 'replace',
    path: `${ROUTE}/corsPolicy/allowHeaders`,
    value: ['content-type', 'grpc-timeout', 'x-user-agent'],
  }),
  caughtBy,
});

const CORS = `${ROUTE}/corsPolicy`;

/** An answer to a preflight may be kept for the shortest time that Istio takes. */
export const forgetful = (caughtBy: string): Sabotage => ({
  name: 'maxAge of a second',
  change: onRoute({ op: 'replace', path: `${CORS}/maxAge`, value: '1s' }),
  caughtBy,
});

/** A header more is exposed. */
export const exposed = (header: string, caughtBy: string): Sabotage => ({
  name: `${header} exposed`,
  change: onRoute({ op: 'add', path: `${CORS}/exposeHeaders/-`, value: header }),
  caughtBy,
});

/** A header more is allowed. */
export const allowed = (header: string, caughtBy: string): Sabotage => ({
  name: `${header} allowed`,
  change: onRoute({ op: 'add', path: `${CORS}/allowHeaders/-`, value: header }),
  caughtBy,
});

/** Cookies are allowed. */
export const credentialsAllowed = (caughtBy: string): Sabotage => ({
  name: 'credentials allowed',
  change: onRoute({ op: 'add', path: `${CORS}/allowCredentials`, value: true }),
  caughtBy,
});

/** The page sends no cookies. */
export const withoutCookies = (caughtBy: string): Sabotage => ({
  name: 'a call without cookies',
  change: { invocation: { credentials: false } },
  caughtBy,
});

/** The page calls the TLS port. */
export const overTls = (caughtBy: string): Sabotage => ({
  name: 'a call over TLS',
  change: { invocation: { transport: 'tls' } },
  caughtBy,
});

/** The route as it is shipped: without the seed's match. */
export const withoutMatch = (caughtBy: string): Sabotage => ({
  name: 'the match taken out',
  change: onRoute({ op: 'remove', path: `${ROUTE}/match` }),
  caughtBy,
});

/** A certificate that no browser accepts. */
export const badCertificate = (fault: CertificateFault, caughtBy: string): Sabotage => ({
  name: `certificate: ${fault}`,
  change: { certificate: fault },
  caughtBy,
});

/** No policy is left on any route, or one for everybody on each. */
export const policyTakenAway = (isForwarded: boolean): Sabotage => ({
  name: isForwarded ? 'a policy for everybody on every route' : 'no policy on any route',
  change: {
    manifests: [
      jsonPatch(
        'VirtualService',
        'cors-policies',
        ...[0, 1, 2].map((route) => ({ op: 'remove' as const, path: `/spec/http/${route}/corsPolicy` })),
        ...(isForwarded
          ? [0, 1, 2, 3].map((route) => ({
              op: 'add' as const,
              path: `/spec/http/${route}/corsPolicy`,
              value: { allowOrigins: [{ regex: '.*' }], allowMethods: ['POST'] },
            }))
          : []),
      ),
    ],
  },
  caughtBy: isForwarded ? 'HTTP status: expected 415, got 200' : 'HTTP status: expected 200, got 415',
});
