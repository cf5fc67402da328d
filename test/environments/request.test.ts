import { describe, expect, test } from 'vitest';
import { type MeshRequest, meshRequestOf } from '../../src/environments/request.ts';
import { UsageError } from '../../src/errors.ts';

const asked = (options: Partial<MeshRequest> & { reuse?: boolean } = {}) =>
  meshRequestOf({ images: 'auto', ...options });

describe('what is asked of a mesh', () => {
  test("is taken out of a command's options, and nothing else", () => {
    const options = {
      profile: 'demo',
      hub: 'localhost:5000/a/b',
      tag: '1.31.1-distroless',
      set: ['a.b=c=d'],
    };
    expect(asked({ ...options, out: 'results' } as Partial<MeshRequest>)).toEqual({
      images: 'auto',
      ...options,
    });
    expect(asked()).toEqual({ images: 'auto' });
  });

  test.each([
    [{ hub: '' }, '--hub ""'],
    [{ hub: 'docker.io/istio/' }, '--hub "docker.io/istio/"'],
    [{ hub: 'https://docker.io/istio' }, '--hub'],
    [{ tag: 'a/b' }, '--tag "a/b"'],
    [{ tag: '' }, '--tag ""'],
    [{ profile: '' }, '--profile needs a name'],
    [{ set: ['profile'] }, '--set "profile" assigns nothing'],
    [{ set: ['=x'] }, '--set "=x" assigns nothing'],
    [{ profile: 'demo', set: ['profile=default'] }, '--profile demo and --set profile=default contradict'],
    [{ set: ['hub=x'] }, '--set hub=x would name images that are not there'],
    [{ set: ['values.global.tag=x'] }, '--set values.global.tag=x'],
    [{ reuse: true, tag: '1.31.1' }, '--tag cannot go with --reuse'],
    [{ reuse: true, set: ['a=b'] }, '--set cannot go with --reuse'],
    [{ reuse: true, istioVersion: '1.31.1' }, '--istio-version cannot go with --reuse'],
  ])('%j is refused', (options, said) => {
    expect(() => asked(options)).toThrow(UsageError);
    expect(() => asked(options)).toThrow(said);
  });

  test('of a mesh that is up already, nothing but where images come from, which is left to it', () => {
    expect(asked({ reuse: true, images: 'built' })).toEqual({ images: 'built' });
    expect(asked({ set: ['profile=demo'] })).toMatchObject({ set: ['profile=demo'] });
  });
});
