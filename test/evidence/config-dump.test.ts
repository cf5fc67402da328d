import { describe, expect, test } from 'vitest';
import { TestAuthority } from '../../src/certificates/authority.ts';
import { SetupError } from '../../src/errors.ts';
import { ConfigDump } from '../../src/evidence/config-dump.ts';
import {
  answerOf,
  describeQuestion,
  type ConfigurationQuestion,
} from '../../src/evidence/config-questions.ts';

const authority = await TestAuthority.create();
const pair = await authority.issue({ names: ['grpc.example.com'] });
const from = (name: string) => ({
  filter_metadata: {
    istio: { config: `/apis/networking.istio.io/v1/namespaces/default/virtual-service/${name}` },
  },
});
const h2 = { explicit_http_config: { http2_protocol_options: { max_concurrent_streams: 100 } } };
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** What a gateway's Envoy prints, cut down; anything else in it must not disturb. */
const DUMP: Readonly<Record<string, unknown[]>> = {
  dynamic_route_configs: [
    {
      version_info: '1',
      route_config: {
        name: 'https.443.https.grpc-gateway.default',
        virtual_hosts: [
          {
            name: 'grpc.example.com:443',
            routes: [
              {
                metadata: from('grpc-streaming'),
                route: { cluster: 'outbound|50051||streaming-service', timeout: '0s' },
              },
              {
                metadata: from('grpc-resilience'),
                route: {
                  cluster: 'outbound|50051||grpc-service',
                  timeout: '60s',
                  retry_policy: { retry_on: 'unavailable', num_retries: 3, per_try_timeout: '20s' },
                },
              },
              { redirect: { https_redirect: true } },
            ],
          },
        ],
      },
    },
    {
      route_config: {
        virtual_hosts: [
          {
            name: '*:80',
            routes: [{ metadata: from('grpc-streaming'), route: { cluster: 'other', timeout: '15s' } }],
          },
        ],
      },
    },
    { error_state: { details: 'no route_config here' } },
  ],
  dynamic_listeners: [
    {
      name: '0.0.0.0_8443',
      active_state: {
        listener: {
          address: { socket_address: { address: '0.0.0.0', port_value: 8443 } },
          filter_chains: [
            {
              filters: [
                { name: 'envoy.filters.network.rbac', typed_config: {} },
                {
                  name: 'envoy.filters.network.http_connection_manager',
                  typed_config: {
                    http_filters: [
                      { name: 'envoy.filters.http.grpc_web' },
                      { name: 'envoy.filters.http.router' },
                    ],
                  },
                },
              ],
            },
          ],
        },
      },
    },
    { name: 'draining', draining_state: {} },
    {
      name: '0.0.0.0_8080',
      error_state: { details: "Didn't find a registered implementation for 'envoy.grpc_web'" },
    },
  ],
  dynamic_active_clusters: [
    {
      cluster: {
        name: 'outbound|50051||grpc-service.default.svc.cluster.local',
        typed_extension_protocol_options: { [HTTP_OPTIONS]: h2 },
      },
    },
    { cluster: { name: 'outbound|50051||plain.default.svc.cluster.local' } },
    {
      cluster: {
        name: 'outbound|50051||either.default.svc.cluster.local',
        typed_extension_protocol_options: {
          [HTTP_OPTIONS]: { use_downstream_protocol_config: { http2_protocol_options: {} } },
        },
      },
    },
  ],
  dynamic_active_secrets: [
    { name: 'default', secret: { tls_certificate: {} } },
    {
      name: 'kubernetes://grpc-tls-credential',
      secret: {
        tls_certificate: {
          certificate_chain: { inline_bytes: Buffer.from(pair.certificate).toString('base64') },
          private_key: { inline_bytes: 'W3JlZGFjdGVkXQ==' },
        },
      },
    },
  ],
};
const dump = new ConfigDump((path) =>
  Promise.resolve(
    JSON.stringify({ configs: DUMP[new URL(path, 'http://envoy').searchParams.get('resource') ?? ''] }),
  ),
);

describe('questions', () => {
  test.each<[ConfigurationQuestion, string, string]>([
    [{ ask: 'route timeout', virtualService: 'grpc-resilience' }, '60s', 'route timeout (grpc-resilience)'],
    [{ ask: 'route timeout', virtualService: 'grpc-streaming' }, '0s; 15s', 'route timeout (grpc-streaming)'],
    [{ ask: 'route timeout', virtualService: 'absent' }, 'absent', 'route timeout (absent)'],
    [{ ask: 'route retries', virtualService: 'grpc-resilience' }, '3 on unavailable per 20s', ''],
    [{ ask: 'route retries', virtualService: 'grpc-streaming' }, 'none', ''],
    [
      { ask: 'route clusters', virtualService: 'grpc-streaming' },
      'outbound|50051||streaming-service; other',
      '',
    ],
    [{ ask: 'http filters', port: 8443 }, 'envoy.filters.http.grpc_web, envoy.filters.http.router', ''],
    [{ ask: 'http filters', port: 8080 }, 'absent', ''],
    [
      { ask: 'rejected listeners' },
      "0.0.0.0_8080: Didn't find a registered implementation for 'envoy.grpc_web'",
      'rejected listeners',
    ],
    [
      { ask: 'cluster protocol', service: 'grpc-service', port: 50051 },
      'h2',
      'cluster protocol (grpc-service:50051)',
    ],
    [{ ask: 'cluster protocol', service: 'plain', port: 50051 }, 'http/1.1', ''],
    [{ ask: 'cluster protocol', service: 'either', port: 50051 }, 'as downstream', ''],
    [{ ask: 'cluster protocol', service: 'grpc', port: 50051 }, 'absent', ''],
    [{ ask: 'certificate serial', credentialName: 'grpc-tls-credential' }, pair.serial, ''],
    [{ ask: 'certificate serial', credentialName: 'default' }, 'absent', ''],
  ])('%o', async (question, answer, described) => {
    expect(await answerOf(question, dump)).toBe(answer);
    if (described !== '') expect(describeQuestion(question)).toBe(described);
  });
});

test('where several namespaces have an object of a name, that of the namespace is meant', async () => {
  const cluster = (namespace: string, requests: number) => ({
    cluster: {
      name: `outbound|50051||orders.${namespace}.svc.cluster.local`,
      circuit_breakers: { thresholds: [{ max_requests: requests, max_retries: 3, max_connections: 1 }] },
    },
  });
  const route = (namespace: string, timeout: string) => ({
    match: { prefix: '/' },
    route: { cluster: 'orders', timeout },
    metadata: {
      filter_metadata: {
        istio: { config: `/apis/networking.istio.io/v1/namespaces/${namespace}/virtual-service/orders` },
      },
    },
  });
  const both: Readonly<Record<string, unknown[]>> = {
    dynamic_active_clusters: [cluster('default', 1), cluster('ours', 2)],
    dynamic_route_configs: [
      {
        route_config: {
          virtual_hosts: [{ name: '*', routes: [route('default', '1s'), route('ours', '2s')] }],
        },
      },
    ],
  };
  const fetch = (path: string) =>
    Promise.resolve(
      JSON.stringify({ configs: both[new URL(path, 'http://envoy').searchParams.get('resource') ?? ''] }),
    );
  const limits: ConfigurationQuestion = { ask: 'circuit breakers', service: 'orders', port: 50051 };
  const timeout: ConfigurationQuestion = { ask: 'route timeout', virtualService: 'orders' };
  const answers = async (namespace: string) => {
    const dumped = new ConfigDump(fetch, namespace);
    return [await answerOf(limits, dumped), await answerOf(timeout, dumped)];
  };
  expect(await answers('ours')).toEqual(['2 requests, 3 retries, 1 connections', '2s']);
  expect(await answers('default')).toEqual(['1 requests, 3 retries, 1 connections', '1s']);
  // A team's objects are in namespaces of its own.
  expect(await answers('neither')).toEqual(['1 requests, 3 retries, 1 connections', '1s; 2s']);
});

test('no JSON, and JSON that is not Envoy, are told apart from an empty configuration', async () => {
  const question: ConfigurationQuestion = { ask: 'route timeout', virtualService: 'x' };
  await expect(answerOf(question, new ConfigDump(() => Promise.resolve('not found')))).rejects.toThrow(
    SetupError,
  );
  await expect(answerOf(question, new ConfigDump(() => Promise.resolve('{"configs":3}')))).rejects.toThrow(
    'is not what Envoy documents',
  );
  expect(await answerOf(question, new ConfigDump(() => Promise.resolve('{}')))).toBe('absent');
});
