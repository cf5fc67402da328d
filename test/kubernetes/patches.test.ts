import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parsePatches, patchesAny } from '../../src/kubernetes/patches.ts';

const objects = [
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'user-grpc-service', namespace: 'default' } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'grpc-tls-credential', namespace: 'istio-system' } },
];
const fitsText = (text: string) => parsePatches(text, 'the patch').map((patch) => patchesAny(patch, objects));

describe('patches', () => {
  test('each document is one, in either form', () => {
    const patches = parsePatches(
      'kind: Service\nmetadata: { name: a }\n$patch: delete\n---\ntarget: { kind: Service }\npatch: |\n  - { op: remove, path: /x }\n---\n',
      'the patch',
    );
    expect(patches).toHaveLength(2);
    expect(patches[0]).toMatchObject({ patch: expect.stringContaining('$patch: delete') as string });
    expect(patches[1]).toMatchObject({ target: { kind: 'Service' } });
  });

  test.each(['foo: [', 'foo: bar', '- 1', 'target: { kind: Service, colour: red }\npatch: x', 'just words'])(
    '%j is none, and the error names the file',
    (text) => {
      expect(() => parsePatches(text, 'the patch x.yaml')).toThrow(UsageError);
      expect(() => parsePatches(text, 'the patch x.yaml')).toThrow(/the patch x\.yaml/);
    },
  );

  test('a merge patch fits the object it names, by its namespace too', () => {
    expect(fitsText('kind: Service\nmetadata: { name: user-grpc-service }')).toEqual([true]);
    expect(fitsText('kind: Service\nmetadata: { name: user-grpc }')).toEqual([false]);
    expect(fitsText('kind: Secret\nmetadata: { name: grpc-tls-credential }')).toEqual([false]);
    expect(
      fitsText('kind: Secret\nmetadata: { name: grpc-tls-credential, namespace: istio-system }'),
    ).toEqual([true]);
  });

  test('the fields of a target are regular expressions for the whole value, as kustomize reads them', () => {
    const target = (fields: string) => fitsText(`target: { ${fields} }\npatch: '[]'`);
    expect(target('kind: Service')).toEqual([true]);
    expect(target('kind: Serv')).toEqual([false]);
    expect(target('kind: Service, name: "user-.*"')).toEqual([true]);
    expect(target('kind: Secret, namespace: default')).toEqual([false]);
    expect(target('kind: Secret')).toEqual([true]);
  });
});
