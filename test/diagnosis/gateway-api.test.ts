import { readFileSync } from 'node:fs';
import type { KubernetesObject } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Cause } from '../../src/diagnosis/causes.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { CallEvidence, Disagreement, Evidence } from '../../src/diagnosis/evidence.ts';
import { Scene } from '../../src/diagnosis/scene.ts';

interface Captured {
  readonly evidence: Evidence;
}

/** Real evidence, of whose calls the request and what was seen are replaced. */
const [captured = ''] = readFileSync(new URL('captured.jsonl', import.meta.url), 'utf8').split('\n');
const GROUND = (JSON.parse(captured) as Captured).evidence;

const object = (from: object, name: string, namespace: string): KubernetesObject =>
  Object.assign({}, from, { metadata: { name, namespace } });

/** What a team has, in its namespaces: the objects of `examples/parcels`, and its Services. */
function parcels(): KubernetesObject[] {
  const objects = ['gateway', 'routes'].flatMap((name) =>
    parseAllDocuments(
      readFileSync(new URL(`../../examples/parcels/deploy/${name}.yaml`, import.meta.url), 'utf8'),
    ).map((document) => document.toJS() as KubernetesObject),
  );
  const service = (name: string, namespace: string, port: number) =>
    object(
      {
        apiVersion: 'v1',
        kind: 'Service',
        spec: { selector: { app: name }, ports: [{ name: 'grpc', port }] },
      },
      name,
      namespace,
    );
  return [
    ...objects.map((each) => object(each, each.metadata?.name ?? '', each.metadata?.namespace ?? 'parcels')),
    ...['tracking', 'labels', 'labels-next', 'prices', 'prices-gold'].map((name) =>
      service(name, 'parcels', 50051),
    ),
    service('depots', 'logistics', 9090),
  ];
}

interface Seen {
  readonly path: string;
  readonly host?: string;
  /** What the gateway logged; undefined when the call did not get as far as that. */
  readonly line: Readonly<Record<string, unknown>> | undefined;
  readonly answeredBy?: string;
  readonly disagreements: readonly Omit<Disagreement, 'witness'>[];
  readonly change?: (objects: KubernetesObject[]) => void;
  readonly secrets?: Evidence['secrets'];
}

function evidenceOf({
  path,
  host = 'grpc.parcels.example',
  line,
  answeredBy,
  disagreements,
  change,
  secrets = [],
}: Seen) {
  const rpc = GROUND.calls.find(({ client }) => client.kind === 'rpc') ?? GROUND.calls[0];
  const objects = parcels();
  change?.(objects);
  const ok = answeredBy !== undefined;
  const call = {
    request: {
      client: 'grpc-js',
      tls: true,
      port: 443,
      http: '2',
      authority: host,
      serverName: host,
      alpn: ['h2'],
      path,
      verb: 'POST',
      headers: { 'content-type': 'application/grpc' },
    },
    client: {
      ...rpc?.client,
      kind: 'rpc',
      error: undefined,
      status: ok
        ? { name: 'OK', details: '' }
        : line === undefined
          ? { name: 'UNAVAILABLE', details: 'connect ECONNREFUSED' }
          : { name: 'UNIMPLEMENTED', details: 'seen' },
    },
    gateway: line === undefined ? [] : [{ grpcStatus: ok ? 0 : 12, ...line }],
    ledger: ok ? [{ deployment: answeredBy, status_code: 0, reset_sent: -1, received_count: 1 }] : [],
  } as unknown as CallEvidence;
  return {
    ...GROUND,
    refusals: [],
    objects,
    secrets,
    calls: [call],
    disagreements: disagreements.map((each) => ({ witness: 'client' as const, ...each })),
  } satisfies Evidence;
}

const find = (objects: readonly KubernetesObject[], kind: string, name: string) => {
  const found = objects.find((each) => each.kind === kind && each.metadata?.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found as { spec: Record<string, never> } & KubernetesObject;
};

const NR = { responseFlags: 'NR', responseCodeDetails: 'route_not_found' } as const;
const UNROUTED = [{ what: 'grpc-status', expected: 'OK', got: 'UNIMPLEMENTED' }] as const;
const FOLLOW = '/parcels.v1.Tracking/Follow';

const REFUSED = [{ what: 'grpc-status', expected: 'OK', got: 'UNAVAILABLE' }] as const;

interface Listener {
  hostname?: string;
  tls?: object;
}

/** Changes the listeners of the Gateway: that for TLS, and that for plaintext. */
const listeners = (change: (tls: Listener, plaintext: Listener) => void) => (objects: KubernetesObject[]) => {
  const { spec } = find(objects, 'Gateway', 'public') as unknown as {
    spec: { listeners: [Listener, Listener] };
  };
  change(...spec.listeners);
};

const set = (kind: string, name: string, spec: object) => (objects: KubernetesObject[]) => {
  Object.assign(find(objects, kind, name).spec, spec);
};

const cases: readonly (Seen & {
  readonly what: string;
  readonly cause: Cause;
  readonly at: readonly [object: string, field: string];
})[] = [
  {
    what: 'a parentRef that names no Gateway',
    path: FOLLOW,
    line: NR,
    disagreements: UNROUTED,
    change: set('GRPCRoute', 'tracking', { parentRefs: [{ name: 'privat' }] }),
    cause: 'route-not-at-gateway',
    at: ['GRPCRoute parcels/tracking', 'spec.parentRefs[0].name'],
  },
  {
    what: 'a sectionName that is no listener',
    path: FOLLOW,
    line: NR,
    disagreements: UNROUTED,
    change: set('GRPCRoute', 'tracking', { parentRefs: [{ name: 'public', sectionName: 'grpcs' }] }),
    cause: 'route-not-at-gateway',
    at: ['GRPCRoute parcels/tracking', 'spec.parentRefs[0].sectionName'],
  },
  {
    what: 'a listener of another host',
    path: FOLLOW,
    line: NR,
    disagreements: UNROUTED,
    change: listeners((...both) => {
      for (const each of both) each.hostname = '*.parcel.example';
    }),
    cause: 'route-not-at-gateway',
    at: ['GRPCRoute parcels/tracking', 'spec.hostnames'],
  },
  {
    what: 'a Gateway that allows no routes of the namespace',
    path: FOLLOW,
    line: NR,
    disagreements: UNROUTED,
    change: (objects) => {
      const gateway = find(objects, 'Gateway', 'public');
      objects[objects.indexOf(gateway)] = object(gateway, 'public', 'istio-system');
      for (const name of ['tracking', 'depots'])
        set('GRPCRoute', name, { parentRefs: [{ name: 'public', namespace: 'istio-system' }] })(objects);
    },
    cause: 'route-not-at-gateway',
    at: ['Gateway istio-system/public', 'spec.listeners[0].allowedRoutes'],
  },
  {
    what: 'hostnames of another host',
    path: FOLLOW,
    line: NR,
    disagreements: UNROUTED,
    change: (objects) => {
      for (const name of ['tracking', 'depots'])
        set('GRPCRoute', name, { hostnames: ['rpc.parcels.example'] })(objects);
    },
    cause: 'authority-of-no-host',
    at: ['GRPCRoute parcels/tracking', 'spec.hostnames'],
  },
  {
    what: 'no rule for the method',
    path: '/parcels.v1.Invoices/Get',
    line: NR,
    disagreements: UNROUTED,
    cause: 'route-matches-otherwise',
    // The one that is tried last.
    at: ['GRPCRoute parcels/tracking', 'spec.rules[2].matches'],
  },
  {
    what: 'another backend',
    path: FOLLOW,
    line: { upstreamCluster: 'outbound|50051||labels.parcels.svc.cluster.local', responseFlags: null },
    answeredBy: 'labels',
    disagreements: [{ what: 'served by', expected: 'tracking', got: 'labels' }],
    change: (objects) => {
      const { spec } = find(objects, 'GRPCRoute', 'tracking') as unknown as {
        spec: { rules: { backendRefs: { name: string }[] }[] };
      };
      for (const { backendRefs } of spec.rules) for (const each of backendRefs) each.name = 'labels';
    },
    cause: 'wrong-destination',
    at: ['GRPCRoute parcels/tracking', 'spec.rules[0].backendRefs[0].name'],
  },
  {
    what: 'a rule without matches',
    path: '/parcels.v1.Invoices/Get',
    line: { upstreamCluster: 'outbound|9090||depots.logistics.svc.cluster.local', responseFlags: null },
    answeredBy: 'depots',
    disagreements: [{ what: 'access log responseFlags', expected: 'NR', got: 'nothing' }],
    change: set('GRPCRoute', 'depots', {
      rules: [{ backendRefs: [{ name: 'depots', namespace: 'logistics', port: 9090 }] }],
    }),
    cause: 'route-too-wide',
    at: ['GRPCRoute parcels/depots', 'spec.rules[0]'],
  },
  {
    what: 'a namespace that has granted nothing',
    path: '/parcels.depots.v1.Depots/List',
    line: { responseFlags: null, responseCodeDetails: 'direct_response' },
    disagreements: [{ what: 'grpc-status', expected: 'OK', got: 'UNKNOWN' }],
    change: (objects) => {
      set('ReferenceGrant', 'parcels', { from: [] })(objects);
    },
    cause: 'reference-not-granted',
    at: ['ReferenceGrant logistics/parcels', 'spec.from'],
  },
  {
    what: 'a certificate that is not there',
    path: FOLLOW,
    line: undefined,
    disagreements: REFUSED,
    change: listeners((tls) => {
      tls.tls = { certificateRefs: [{ name: 'parcels-crt' }] };
    }),
    cause: 'secret-missing',
    at: ['Gateway parcels/public', 'spec.listeners[0].tls.certificateRefs[0].name'],
  },
  {
    what: 'a certificate of a namespace that has granted nothing',
    path: FOLLOW,
    line: undefined,
    disagreements: REFUSED,
    change: listeners((tls) => {
      tls.tls = { certificateRefs: [{ name: 'parcels-cert', namespace: 'certificates' }] };
    }),
    secrets: [{ namespace: 'certificates', name: 'parcels-cert' }],
    cause: 'reference-not-granted',
    at: ['ReferenceGrant certificates/parcels', 'spec.to'],
  },
  {
    what: 'a listener of any host',
    path: FOLLOW,
    host: 'elsewhere.example',
    line: { upstreamCluster: 'outbound|50051||tracking.parcels.svc.cluster.local', responseFlags: null },
    answeredBy: 'tracking',
    disagreements: [{ what: 'grpc-status', expected: 'UNIMPLEMENTED', got: 'OK (OK)' }],
    change: listeners((...both) => {
      for (const each of both) delete each.hostname;
    }),
    cause: 'any-host',
    at: ['Gateway parcels/public', 'spec.listeners[0].hostname'],
  },
  {
    what: 'a listener that asks nobody for a certificate',
    path: FOLLOW,
    line: { upstreamCluster: 'outbound|50051||tracking.parcels.svc.cluster.local', responseFlags: null },
    answeredBy: 'tracking',
    disagreements: [{ what: 'grpc-status', expected: 'UNAVAILABLE', got: 'OK (OK)' }],
    secrets: [{ namespace: 'parcels', name: 'parcels-cert', hasClientsAuthority: true }],
    cause: 'client-certificate',
    at: ['Gateway parcels/public', 'spec.listeners[0].tls.options["gateway.istio.io/tls-terminate-mode"]'],
  },
  {
    what: 'a port that declares nothing',
    path: FOLLOW,
    line: {
      upstreamCluster: 'outbound|50051||tracking.parcels.svc.cluster.local',
      upstreamProtocol: 'HTTP/1.1',
      responseFlags: 'UPE',
      responseCodeDetails: 'upstream_reset_before_response_started{protocol_error}',
    },
    disagreements: [{ what: 'grpc-status', expected: 'OK', got: 'UNAVAILABLE' }],
    change: (objects) => {
      set('Service', 'tracking', { ports: [{ port: 50051 }] })(objects);
    },
    cause: 'port-undeclared',
    at: ['Service parcels/tracking', 'spec.ports[0].name'],
  },
];

test.each(cases)("of a team's Gateway API: $what", ({ cause, at: [object, field], ...seen }) => {
  const [first] = diagnose(evidenceOf(seen));
  expect(first).toMatchObject({ cause, change: { object, field } });
});

test('the most specific match counts, in whichever object it stands', () => {
  const seen = {
    path: FOLLOW,
    line: NR,
    disagreements: UNROUTED,
    // It comes first by name, and last by its match.
    change: set('GRPCRoute', 'depots', {
      rules: [{ backendRefs: [{ name: 'depots', namespace: 'logistics', port: 9090 }] }],
    }),
  } satisfies Seen;
  expect(new Scene(evidenceOf(seen)).route).toMatchObject({ index: 0, virtualService: { name: 'tracking' } });
});

test('of routes that are in effect nothing is said', () => {
  const seen = { path: FOLLOW, line: NR, disagreements: [] };
  expect(diagnose(evidenceOf(seen))).toEqual([]);
});
