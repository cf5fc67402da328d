import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atLeast } from '../../src/toolchain/go-version.ts';
import { GO, GO_PINS, istioVersionOf } from '../../src/toolchain/pins.ts';

const MODULES = join(import.meta.dirname, '../../src/toolchain/modules');

describe('the pinned Go modules', () => {
  test('have a folder each', async () => {
    expect(await readdir(MODULES)).toEqual(expect.arrayContaining(GO_PINS.map(({ name }) => name)));
  });

  test.each(GO_PINS.filter(({ module }) => module !== ''))('$name is pinned with checksums', async (pin) => {
    const goMod = await readFile(join(MODULES, pin.name, 'go.mod'), 'utf8');
    const version = new RegExp(`^\\s*(?:require )?${pin.module} (v\\S+)`, 'm').exec(goMod)?.[1];
    expect(version).toBeDefined();
    const goSum = await readFile(join(MODULES, pin.name, 'go.sum'), 'utf8');
    expect(goSum).toContain(`${pin.module} ${version!} h1:`);
    expect(goMod).toContain(`module meshproof/toolchain/${pin.name}\n`);
    // Every command is named in go.mod as a tool, so that "go mod tidy" keeps what it needs.
    for (const path of Object.values(pin.commands)) expect(goMod).toContain(path);
  });

  test('none wants a newer Go than the one that is looked for, or than the one that a wheel brings', async () => {
    for (const { name } of GO_PINS) {
      const goMod = await readFile(join(MODULES, name, 'go.mod'), 'utf8');
      const wanted = /^go (\S+)$/m.exec(goMod)?.[1];
      expect(atLeast(GO.minimum, wanted!), `${name} wants Go ${wanted!}`).toBe(true);
    }
    expect(atLeast(GO.wheel.version, GO.minimum)).toBe(true);
  });

  test('kubeadm is of the same Kubernetes as the rest of it', async () => {
    const versions = await Promise.all(
      ['kubernetes', 'kubeadm'].map(async (name) => {
        const goMod = await readFile(join(MODULES, name, 'go.mod'), 'utf8');
        return /k8s\.io\/kubernetes (v\S+)/.exec(goMod)?.[1];
      }),
    );
    expect(versions[0]).toBeDefined();
    expect(versions[1]).toBe(versions[0]);
  });

  test('Istio reports its release and commit', () => {
    expect(istioVersionOf('v0.0.0-20260827124520-eed52ebb66ad')).toMatch(/^1\.\d+\.\d+-eed52ebb66ad$/);
  });
});

test.each([
  ['1.26.3', '1.26.3', true],
  ['1.26.8', '1.26.3', true],
  ['1.27', '1.26.3', true],
  ['1.26', '1.26.3', false],
  ['1.9.9', '1.26.3', false],
  ['2', '1.26.3', true],
])('Go %s is at least %s: %s', (version, minimum, expected) => {
  expect(atLeast(version, minimum)).toBe(expected);
});
