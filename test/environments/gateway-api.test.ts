import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CRDS, GATEWAY_API_VERSION } from '../../src/environments/gateway-api/crds.ts';
import { behind, storeOf } from '../../src/environments/istiod-store.ts';
import { PROJECT_ROOT } from '../../src/paths.ts';

test('the definitions are of the version that the pinned Istio is built with', async () => {
  const goMod = join(PROJECT_ROOT, 'src', 'toolchain', 'modules', 'istio', 'go.mod');
  expect(await readFile(goMod, 'utf8')).toContain(`sigs.k8s.io/gateway-api ${GATEWAY_API_VERSION} `);
  const crds = JSON.parse(await readFile(CRDS, 'utf8')) as {
    metadata: { name: string; annotations: object };
  }[];
  expect(crds.map(({ metadata }) => metadata.name.split('.')[0])).toEqual([
    'gatewayclasses',
    'gateways',
    'grpcroutes',
    'httproutes',
    'referencegrants',
  ]);
  for (const { metadata } of crds)
    expect(metadata.annotations).toMatchObject({
      'gateway.networking.k8s.io/bundle-version': GATEWAY_API_VERSION,
      'gateway.networking.k8s.io/channel': 'standard',
    });
});

test('a Gateway of Istio is none of Gateway API', () => {
  const gateway = (apiVersion: string) => ({
    apiVersion,
    kind: 'Gateway',
    metadata: { name: 'gw', namespace: 'a', resourceVersion: '7' },
  });
  const store = storeOf(JSON.stringify([gateway('networking.istio.io/v1')]), '[]');
  expect(behind(store, [gateway('networking.istio.io/v1')], [])).toBeUndefined();
  expect(behind(store, [gateway('gateway.networking.k8s.io/v1')], [])).toBe('Gateway a/gw is not there');
});
