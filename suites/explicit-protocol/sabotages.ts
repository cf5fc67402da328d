import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

/** All Services of the configuration declare their port like this. */
const declared = (name: string, port: Readonly<Record<string, string>>, caughtBy: string): Sabotage => ({
  name,
  change: {
    manifests: [
      jsonPatch('Service', 'spread-.*', {
        op: 'replace',
        path: '/spec/ports/0',
        value: { port: 50051, targetPort: 50051, ...port },
      }),
    ],
  },
  caughtBy,
});

/** The prefix decides, and it says TCP: `tcp-grpc` is no gRPC. */
export const tcpGrpc = (caughtBy: string): Sabotage =>
  declared('port tcp-grpc', { name: 'tcp-grpc' }, caughtBy);

/** Nothing is declared. A sidecar would look at the bytes; a gateway takes HTTP/1.1. */
export const undeclared = (caughtBy: string): Sabotage => declared('undeclared port', {}, caughtBy);

/** The port says HTTP, which means HTTP/1.1. */
export const http = (caughtBy: string): Sabotage => declared('port http', { name: 'http' }, caughtBy);

/** The name is right, and appProtocol takes it back. */
export const httpOverName = (caughtBy: string): Sabotage =>
  declared('appProtocol http over the name grpc', { name: 'grpc', appProtocol: 'http' }, caughtBy);

/** The protocol is right, but a client is always sent to the same pod. */
export const stickyClients = (caughtBy: string): Sabotage => ({
  name: 'clients stick to a pod',
  change: {
    objects: [
      `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: sticky
spec:
  host: spread-name-grpc
  trafficPolicy:
    loadBalancer:
      consistentHash:
        httpHeaderName: user-agent
`,
    ],
  },
  caughtBy,
});

/** Only one pod is left. */
export const onePod = (caughtBy: string): Sabotage => ({
  name: 'one replica',
  change: {
    manifests: [jsonPatch('Deployment', 'spread', { op: 'replace', path: '/spec/replicas', value: 1 })],
  },
  caughtBy,
});

/** The gateway is told to speak TLS to pods that have none: `SIMPLE` is for servers that end TLS themselves. */
export const tlsToPlaintext = (host: string, caughtBy: string): Sabotage => ({
  name: 'TLS towards pods that have none',
  change: {
    objects: [
      `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: tls-to-pods
spec:
  host: ${host}
  trafficPolicy:
    tls:
      mode: SIMPLE
      insecureSkipVerify: true
`,
    ],
  },
  caughtBy,
});
