import { stringify } from 'yaml';
import type { AppliedChange } from '../../src/conformance/model.ts';
import { envoyFilter, jsonPatch } from '../patches.ts';
import { PUSHED_HEADER } from '../../src/traffic/change.ts';

/** The VirtualService of the traffic, and the place of the route that its unary RPCs take. */
const ROUTES = 'grpc-routing';
const UNARY_ROUTE = '/spec/http/4';
export const UNARY_SERVICE = 'grpc-service';
export const STREAMS_SERVICE = 'streaming-service';

/** A header that the unary route adds: a change of a route that moves no RPC. */
export const withHeader: AppliedChange = {
  manifests: [
    jsonPatch('VirtualService', ROUTES, {
      op: 'add',
      path: `${UNARY_ROUTE}/headers`,
      value: { request: { set: { [PUSHED_HEADER]: 'pushed' } } },
    }),
  ],
};

/** The same push, to a Service that is not there. */
export const toNobody: AppliedChange = {
  manifests: [
    jsonPatch('VirtualService', ROUTES, {
      op: 'replace',
      path: `${UNARY_ROUTE}/route/0/destination/host`,
      value: 'nobody',
    }),
  ],
};

const SLOW_LEAVE = [
  {
    op: 'add',
    path: '/spec/template/spec/containers/0/lifecycle',
    value: { preStop: { sleep: { seconds: 3 } } },
  },
  { op: 'replace', path: '/spec/template/spec/terminationGracePeriodSeconds', value: 20 },
] as const;

/**
 * Pods that go on taking RPCs for a while after they are told to end: until then the gateway may not have heard of it,
 * and a server that closes its port at once refuses what the gateway still sends there (istio#7665).
 */
export const leavingSlowly: AppliedChange = {
  manifests: [UNARY_SERVICE, STREAMS_SERVICE].map((name) => jsonPatch('Deployment', name, ...SLOW_LEAVE)),
};

/** The same pods with a sidecar each, to which the gateway speaks mutual TLS by itself. */
export const behindSidecars: AppliedChange = {
  manifests: [UNARY_SERVICE, STREAMS_SERVICE].map((name) =>
    jsonPatch('Deployment', name, ...SLOW_LEAVE, {
      op: 'add',
      path: '/spec/template/metadata/labels/sidecar.istio.io~1inject',
      value: 'true',
    }),
  ),
};

const second = (version: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'grpc-service-second', namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: UNARY_SERVICE, version } },
    template: {
      metadata: { labels: { app: UNARY_SERVICE, version } },
      spec: {
        terminationGracePeriodSeconds: 15,
        containers: [
          {
            name: 'greeter',
            image: 'meshproof/services',
            imagePullPolicy: 'IfNotPresent',
            args: ['greeter'],
            env: [
              { name: 'SERVICE_NAME', value: `${UNARY_SERVICE}-${version}` },
              { name: 'SERVICE_VERSION', value: version },
              { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'COLLECTOR_ADDRESS', value: 'meshproof-collector:50052' },
            ],
            ports: [{ name: 'grpc', containerPort: 50051 }],
            readinessProbe: { grpc: { port: 50051 }, periodSeconds: 1, timeoutSeconds: 10 },
          },
        ],
      },
    },
  },
});

const subsets = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: 'traffic-subsets', namespace: 'default' },
  spec: {
    host: UNARY_SERVICE,
    subsets: ['v1', 'v2', 'v3'].map((version) => ({ name: version, labels: { version } })),
  },
};

/** Two versions of the unary RPCs' service, with so many percent for each subset; `v3` has no pods. */
export const weighted = (weights: Readonly<Record<string, number>>): AppliedChange => ({
  objects: [stringify(second('v2')), stringify(subsets)],
  manifests: [
    jsonPatch('VirtualService', ROUTES, {
      op: 'replace',
      path: `${UNARY_ROUTE}/route`,
      value: Object.entries(weights).map(([subset, weight]) => ({
        destination: { host: UNARY_SERVICE, port: { number: 50051 }, subset },
        weight,
      })),
    }),
  ],
});

/** The hosts that the Gateway and its routes are for. */
export const hosts = (...names: readonly string[]): AppliedChange => ({
  manifests: [
    jsonPatch(
      'Gateway',
      'grpc-gateway',
      ...[0, 1].map((server) => ({
        op: 'replace' as const,
        path: `/spec/servers/${server}/hosts`,
        value: names,
      })),
    ),
    jsonPatch('VirtualService', ROUTES, { op: 'replace', path: '/spec/hosts', value: names }),
  ],
});

const forGateway = { namespace: 'istio-system' };
const selector = { matchLabels: { istio: 'ingressgateway' } };

/**
 * A policy that lets everything through, or turns the RPCs away. A GET is what the harness asks the gateway by whether
 * it has what was applied.
 */
export const authorization = (action: 'ALLOW' | 'DENY'): AppliedChange => ({
  objects: [
    stringify({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'traffic-policy', ...forGateway },
      spec: {
        selector,
        action,
        rules: [{ to: [{ operation: { methods: action === 'ALLOW' ? ['GET', 'POST'] : ['POST'] } }] }],
      },
    }),
  ],
});

/** The gateway's access log, turned off by Telemetry. */
export const noAccessLog: AppliedChange = {
  objects: [
    stringify({
      apiVersion: 'telemetry.istio.io/v1',
      kind: 'Telemetry',
      metadata: { name: 'traffic-log', ...forGateway },
      spec: { selector, accessLogging: [{ providers: [{ name: 'envoy' }], disabled: true }] },
    }),
  ],
};

/** A filter before all others that adds a header, or turns RPCs away. */
export const filter = (what: 'adds a header' | 'answers 503'): AppliedChange => ({
  objects: [
    envoyFilter('traffic-filter', {
      applyTo: 'HTTP_FILTER',
      match: {
        context: 'GATEWAY',
        listener: {
          filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager' } },
        },
      },
      patch: {
        operation: 'INSERT_FIRST',
        value: {
          name: 'envoy.filters.http.lua',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
            default_source_code: {
              inline_string:
                what === 'adds a header'
                  ? `function envoy_on_request(handle) handle:headers():add("${PUSHED_HEADER}", "yes") end`
                  : 'function envoy_on_request(handle) if handle:headers():get(":method") == "POST" then handle:respond({[":status"] = "503"}, "no") end end',
            },
          },
        },
      },
    }),
  ],
});
