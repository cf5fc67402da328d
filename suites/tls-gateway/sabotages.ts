import type { Sabotage } from '../../src/conformance/model.ts';
import { onConnectionManager } from '../envoy-filters.ts';
import { envoyFilter, jsonPatch } from '../patches.ts';

export const TLS_SERVER = '/spec/servers/0';
const gatewayPatch = (path: string, value: unknown) =>
  jsonPatch('Gateway', 'grpc-gateway', { op: 'replace', path, value });

/**
 * The Gateway and the Secret under a name that the gateway has never served. Under a known one it would go on with the
 * certificate it has: a listener that was taken away drains for 45 s (Istio's drainDuration), and the next one shares
 * its secrets (measured, Envoy 1.40).
 */
export const renamed = (name: string, ...onSecret: { op: 'replace'; path: string; value: string }[]) => [
  gatewayPatch(`${TLS_SERVER}/tls/credentialName`, name),
  jsonPatch(
    'Secret',
    'grpc-tls-credential',
    { op: 'replace', path: '/metadata/name', value: name },
    ...onSecret,
  ),
];

/** The Secret that `credentialName` names was never created. */
export const secretMissing = (caughtBy: string): Sabotage => ({
  name: 'secret missing',
  change: {
    manifests: [
      gatewayPatch(`${TLS_SERVER}/tls/credentialName`, 'never-created'),
      '{ apiVersion: v1, kind: Secret, metadata: { name: grpc-tls-credential, namespace: istio-system }, $patch: delete }',
    ],
  },
  caughtBy,
});

/** It lies in the namespace of the Gateway object, not in that of the gateway's pods. */
export const secretElsewhere = (caughtBy: string): Sabotage => ({
  name: 'secret in the wrong namespace',
  change: {
    manifests: renamed('elsewhere', { op: 'replace', path: '/metadata/namespace', value: 'default' }),
  },
  caughtBy,
});

/** `credentialName` has a typo. */
export const secretMisnamed = (caughtBy: string): Sabotage => ({
  name: 'wrong credentialName',
  change: { manifests: [gatewayPatch(`${TLS_SERVER}/tls/credentialName`, 'grpc-tls-credentials')] },
  caughtBy,
});

/** The Secret holds a key that is not its certificate's. */
export const keyOfAnother = (caughtBy: string): Sabotage => ({
  name: 'key and certificate do not match',
  change: { certificate: 'key of another', manifests: renamed('mismatched') },
  caughtBy,
});

/** The certificate was valid until an hour ago. */
export const expired = (caughtBy: string): Sabotage => ({
  name: 'expired certificate',
  change: { certificate: 'expired' },
  caughtBy,
});

/** The certificate is another host's. */
export const otherHostsCertificate = (caughtBy: string): Sabotage => ({
  name: 'certificate of another host',
  change: { certificate: 'other host' },
  caughtBy,
});

/** The certificate is signed by an authority that the clients do not trust. */
export const untrusted = (caughtBy: string): Sabotage => ({
  name: 'certificate of another authority',
  change: { certificate: 'other authority' },
  caughtBy,
});

const alpn = (name: string, protocols: readonly string[], caughtBy: string): Sabotage => ({
  name,
  change: {
    objects: [
      envoyFilter('alpn-narrowed', {
        applyTo: 'FILTER_CHAIN',
        match: { context: 'GATEWAY', listener: { filterChain: { sni: 'grpc.example.com' } } },
        patch: {
          operation: 'MERGE',
          value: {
            transport_socket: {
              // Under its own name Istio would merge the two, and a merge can only add protocols. Envoy goes by the type.
              name: 'narrowed',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
                common_tls_context: {
                  alpn_protocols: protocols,
                  tls_certificate_sds_secret_configs: [
                    {
                      name: 'kubernetes://grpc-tls-credential',
                      sds_config: { ads: {}, resource_api_version: 'V3' },
                    },
                  ],
                },
              },
            },
          },
        },
      }),
    ],
  },
  caughtBy,
});

/** An EnvoyFilter takes HTTP/2 out of what the gateway offers (istio#43957 has one in use). */
export const alpnWithoutH2 = (caughtBy: string): Sabotage =>
  alpn('ALPN narrowed to http/1.1', ['http/1.1'], caughtBy);

/** An EnvoyFilter takes HTTP/1.1 out. */
export const alpnWithoutHttp1 = (caughtBy: string): Sabotage => alpn('ALPN narrowed to h2', ['h2'], caughtBy);

/** The Gateway is for another host: the clients' SNI fits no filter chain. */
export const gatewayOfOtherHost = (caughtBy: string): Sabotage => ({
  name: 'Gateway of another host',
  change: { manifests: [gatewayPatch(`${TLS_SERVER}/hosts`, ['other.example.com'])] },
  caughtBy,
});

/** The Gateway takes any host, so that a wrong SNI, or none, is not seen any more. */
export const gatewayOfAnyHost = (caughtBy: string): Sabotage => ({
  name: 'Gateway of any host',
  change: { manifests: [gatewayPatch(`${TLS_SERVER}/hosts`, ['*'])] },
  caughtBy,
});

/** Clients that have TLS 1.2 only are turned away. */
export const tls13Only = (caughtBy: string): Sabotage => ({
  name: 'TLS 1.3 only',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'add',
        path: `${TLS_SERVER}/tls/minProtocolVersion`,
        value: 'TLSV1_3',
      }),
    ],
  },
  caughtBy,
});

/** The gateway speaks nothing newer than TLS 1.2. */
export const tls12Only = (caughtBy: string): Sabotage => ({
  name: 'TLS 1.2 at most',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'add',
        path: `${TLS_SERVER}/tls/maxProtocolVersion`,
        value: 'TLSV1_2',
      }),
    ],
  },
  caughtBy,
});

/** Port 443 speaks no TLS. */
export const plaintextOn443 = (caughtBy: string): Sabotage => ({
  name: 'no TLS on 443',
  change: {
    manifests: [
      jsonPatch('Gateway', 'grpc-gateway', {
        op: 'replace',
        path: TLS_SERVER,
        value: { port: { number: 443, name: 'http-443', protocol: 'HTTP' }, hosts: ['grpc.example.com'] },
      }),
    ],
  },
  caughtBy,
});

/** The gateway lets no stream live for longer than it takes to change its configuration. */
export const shortStreams = (caughtBy: string): Sabotage => ({
  name: 'max_stream_duration',
  change: {
    objects: [
      onConnectionManager('max-stream-duration', {
        common_http_protocol_options: { max_stream_duration: '0.2s' },
      }),
    ],
  },
  caughtBy,
});
