import { expect, test } from 'vitest';
import type { KubernetesObject } from '@kubernetes/client-node';
import { entry, planOf } from './workplace.ts';

const USERS = { method: 'acme.Users/*', backend: 'users:50051' } as const;
const find = (objects: unknown, kind: string, name: string) =>
  (objects as KubernetesObject[]).find((each) => each.kind === kind && each.metadata?.name === name);

test('each backend gets a Service of its name and port, and pods that say its name', async () => {
  const { configurations, session } = await planOf(entry('acme.Users', 'users.people.svc.cluster.local'), [
    { ...USERS, backend: 'users.people:50051' },
  ]);
  expect(find(configurations.own, 'Service', 'users')).toMatchObject({
    metadata: { namespace: 'people' },
    spec: { ports: [{ name: 'grpc-50051', port: 50051, targetPort: 50051 }] },
  });
  expect(JSON.stringify(find(configurations.own, 'Deployment', 'meshproof-users'))).toContain(
    '{"name":"SERVICE_NAME","value":"users.people"}',
  );
  expect(session.namespaces).toEqual(['people', 'default']);
});

test("the team's own Service says how its ports are declared", async () => {
  const own = `apiVersion: v1
kind: Service
metadata: { name: users }
spec:
  selector: { app: users }
  ports: [{ name: tcp-api, port: 50051, targetPort: 8080, appProtocol: kubernetes.io/h2c }]
`;
  const { configurations, notes } = await planOf(
    entry('acme.Users', 'users'),
    [USERS],
    {},
    { 'svc.yaml': own },
  );
  expect(find(configurations.own, 'Service', 'users')).toMatchObject({
    spec: {
      selector: { 'meshproof.dev/stand-in': 'users' },
      ports: [{ name: 'tcp-api', port: 50051, targetPort: 50051, appProtocol: 'kubernetes.io/h2c' }],
    },
  });
  expect(notes).toEqual([]);
});

test('a Deployment for each subset, and none of the team’s own', async () => {
  const more = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: users }
spec: { host: users, subsets: [{ name: a, labels: { track: a } }, { name: b, labels: { track: b } }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: users }
`;
  const { configurations, notes } = await planOf(
    entry('acme.Users', 'users'),
    [USERS],
    {},
    { 'more.yaml': more },
  );
  expect(find(configurations.own, 'Deployment', 'meshproof-users-b')).toMatchObject({
    spec: { template: { metadata: { labels: { track: 'b' } } } },
  });
  expect(find(configurations.own, 'Deployment', 'users')).toBeUndefined();
  expect(notes).toEqual(['left out, as sample services stand in for the backends: Deployment default/users']);
});
