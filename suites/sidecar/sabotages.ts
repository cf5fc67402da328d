import { stringify } from 'yaml';
import type { Sabotage } from '../../src/conformance/model.ts';
import { anew, jsonPatch } from '../patches.ts';
import { SERVICE } from './facts.ts';

const GOT_UNAVAILABLE = 'grpc-status: expected OK, got UNAVAILABLE';

/** The proxies of clients are told to use no TLS, against servers that ask for it. */
export const withoutTls = (host: string, caughtBy = GOT_UNAVAILABLE): Sabotage => ({
  name: `no TLS towards ${host}`,
  change: {
    objects: [
      stringify({
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata: { name: host, namespace: 'default' },
        spec: { host, trafficPolicy: { tls: { mode: 'DISABLE' } } },
      }),
    ],
  },
  caughtBy,
});

/** The servers' proxies take plaintext too. */
export const permissive: Sabotage = {
  name: 'PERMISSIVE instead of STRICT',
  change: {
    manifests: [
      jsonPatch('PeerAuthentication', SERVICE, {
        op: 'replace',
        path: '/spec/mtls/mode',
        value: 'PERMISSIVE',
      }),
      anew(SERVICE),
    ],
  },
  caughtBy: 'grpc-status: expected UNAVAILABLE, got OK',
};

/** A port is declared to carry bytes that are nobody's business. */
export const declaredTcp = (service: string): Sabotage => ({
  name: `port tcp-grpc of ${service}`,
  change: {
    manifests: [
      jsonPatch('Service', service, { op: 'replace', path: '/spec/ports/0/name', value: 'tcp-grpc' }),
    ],
  },
  caughtBy: 'pods that answered: expected 2, got 1',
});

/** The servers end when they are told to, and take no time over it. */
export const noGrace: Sabotage = {
  name: 'a server behind a sidecar that ends without grace',
  change: {
    manifests: [
      jsonPatch('Deployment', SERVICE, {
        op: 'replace',
        path: '/spec/template/spec/containers/0/env/4',
        value: { name: 'GRACE_MS', value: '0' },
      }),
    ],
  },
  caughtBy: 'grpc-status (call 1 of 5): expected OK, got',
};
