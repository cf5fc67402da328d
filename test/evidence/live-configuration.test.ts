import { expect, test } from 'vitest';
import { liveConfiguration, liveDifference } from '../../src/evidence/live-configuration.ts';

interface Facts {
  readonly version?: string;
  readonly filters?: readonly string[];
  readonly timeout?: string;
  readonly pod?: string;
  readonly pushed?: string;
  readonly runtime?: Readonly<Record<string, string>>;
  readonly streams?: number;
  readonly error?: string;
}

function live({
  version = '1.36.4',
  filters = ['envoy.filters.http.grpc_web', 'envoy.filters.http.router'],
  timeout = '0s',
  pod = 'gateway-a',
  pushed = '1',
  runtime = {},
  streams = 1024,
  error,
}: Facts = {}) {
  const listener = {
    name: '0.0.0.0_8080',
    filter_chains: [
      {
        filters: [
          {
            name: 'hcm',
            typed_config: { stat_prefix: pod, http_filters: filters.map((name) => ({ name })) },
          },
        ],
      },
    ],
  };
  const configs = [
    { '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', bootstrap: { node: { id: pod } } },
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
      dynamic_listeners: [
        {
          name: '0.0.0.0_8080',
          active_state: { version_info: pushed, listener, last_updated: pushed },
          marker: `${pushed.repeat(8)}-0000-4000-8000-${pushed.repeat(12)}.marker`,
          ...(error === undefined ? {} : { error_state: { details: error } }),
        },
      ],
    },
    {
      '@type': 'type.googleapis.com/envoy.admin.v3.RoutesConfigDump',
      dynamic_route_configs: [{ route_config: { name: 'http.8080', routes: [{ name: 'r', timeout }] } }],
    },
  ];
  return liveConfiguration(
    {
      serverInfo: JSON.stringify({ version }),
      configDump: JSON.stringify({ configs }),
      runtime: JSON.stringify({
        entries: Object.fromEntries(Object.entries(runtime).map(([k, v]) => [k, { final_value: v }])),
      }),
      http2: { maxConcurrentStreams: streams },
    },
    [pod],
  );
}

test('another pod and another push of the same configuration are no difference', () => {
  const difference = liveDifference(live(), live({ pod: 'gateway-b', pushed: '2' }));
  expect(difference).toMatchObject({ leaves: [], runtime: [], http2: [], filtersGone: [], rejected: [] });
});

test('a changed leaf, a runtime key and an HTTP/2 setting are named with both values', () => {
  const difference = liveDifference(
    live({ streams: 2147483647 }),
    live({ version: '1.40.0', timeout: '15s', runtime: { guard: 'true' } }),
  );
  expect(difference.envoy).toEqual(['1.36.4', '1.40.0']);
  expect(difference.leaves).toEqual([
    {
      path: 'RoutesConfigDump.dynamic_route_configs[http.8080].route_config.routes[r].timeout',
      before: '"0s"',
      after: '"15s"',
    },
  ]);
  expect(difference.runtime).toEqual([{ path: 'guard', before: undefined, after: 'true' }]);
  expect(difference.http2).toEqual([{ path: 'maxConcurrentStreams', before: '2147483647', after: '1024' }]);
});

test('a filter that an EnvoyFilter no longer puts in, and a listener that is refused, are seen', () => {
  const { filtersGone, filtersNew, rejected } = liveDifference(
    live(),
    live({ filters: ['envoy.filters.http.router'], error: 'no such filter' }),
  );
  expect(filtersGone.map(({ filter }) => filter)).toEqual(['envoy.filters.http.grpc_web']);
  expect(filtersNew).toEqual([]);
  expect(rejected.join()).toContain('no such filter');
});
