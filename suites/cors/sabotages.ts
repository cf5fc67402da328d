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
