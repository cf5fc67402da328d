import { expect, test } from 'vitest';
import { KnownObjects } from '../../src/environments/known-objects.ts';

const object = (kind: string, name: string, spec: object = {}) => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec,
});
const route = object('VirtualService', 'routes', { hosts: ['a'] });
const rule = object('DestinationRule', 'rule');
const deployment = object('Deployment', 'server');
const answered = (each: typeof route, version: string) => ({
  ...each,
  metadata: { ...each.metadata, resourceVersion: version },
});

test('only what differs is unknown, and Deployments, which others change too', () => {
  const known = new KnownObjects();
  const all = [route, rule, deployment];
  expect(known.unknown(all)).toEqual(all);
  known.took(all, [answered(deployment, '3'), answered(rule, '2'), answered(route, '1')]);
  expect(known.unknown(all)).toEqual([deployment]);
  expect(known.unknown([object('VirtualService', 'routes', { hosts: ['b'] }), rule])).toEqual([
    object('VirtualService', 'routes', { hosts: ['b'] }),
  ]);
});

test('the answer to an object stays, also when it is not applied anew', () => {
  const known = new KnownObjects();
  known.took([route, rule], [answered(route, '1'), answered(rule, '2')]);
  const changed = object('DestinationRule', 'rule', { host: 'b' });
  known.took(known.unknown([route, changed]), [answered(changed, '7')]);
  expect(known.answersFor([route, changed])).toEqual([answered(route, '1'), answered(changed, '7')]);
});

test('what was being applied when another was refused, and what was deleted, is applied again', () => {
  const known = new KnownObjects();
  known.took([route, rule], [answered(route, '1'), answered(rule, '2')]);
  const changed = object('VirtualService', 'routes', { hosts: ['b'] });
  known.unknown([changed, rule]);
  expect(known.unknown([route])).toEqual([route]);
  known.forget([rule]);
  expect(known.unknown([rule])).toEqual([rule]);
  expect(known.answersFor([route, rule])).toEqual([]);
});
