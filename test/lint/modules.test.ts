import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { describe, expect, test } from 'vitest';
import { ISTIO_API, OLD_FILTER_NAMES, RETRY_CONDITIONS } from '../../src/lint/istio/api.ts';
import { inOrder, lint } from '../../src/lint/lint.ts';
import { readProtos } from '../../src/lint/protos.ts';
import { readPaths } from '../../src/lint/read/paths.ts';
import { ROOT } from '../cli/meshproof.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { SURROUNDINGS } from './surroundings.ts';

/** Folder of a Go module that the toolchain has fetched; nothing where it has not, or where there is no Go. */
async function moduleFolder(module: string): Promise<string | undefined> {
  const cwd = join(ROOT, 'src/toolchain/modules/istio');
  const env = {
    ...process.env,
    GOFLAGS: '-mod=readonly',
    GOPROXY: 'off',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
  };
  return promisify(execFile)('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd, env }).then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}

const istio = await moduleFolder('istio.io/istio');
const gatewayApi = await moduleFolder('sigs.k8s.io/gateway-api');
const methods = await readProtos([join(ROOT, 'proto')]);

/** Lints each file by itself. @returns the findings of each file that has any, as `line rule` */
async function findingsIn(module: string, folder: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const files = (await readdir(join(module, folder), { recursive: true })).filter((name) =>
    /\.ya?ml$/.test(name),
  );
  expect(files.length).toBeGreaterThan(30);
  for (const file of files) {
    const path = join(folder, file);
    const { sets } = await readPaths([join(module, path)], Readable.from([]), false);
    const findings = inOrder(sets.flatMap((objects) => lint(objects, { ...SURROUNDINGS, methods })));
    if (findings.length > 0)
      found[path] = findings.map(({ location, rule }) => `${location?.line ?? 0} ${rule}`);
  }
  return found;
}

const expectedIn = (folder: string) =>
  Object.fromEntries(
    Object.entries(EXCEPTIONS)
      .filter(([file]) => file.startsWith(folder))
      .map(([file, { found }]) => [file, found]),
  );

describe.skipIf(istio === undefined)(
  "Istio's own manifests (skipped where its Go module is not in the cache)",
  () => {
    test.each(['samples', 'pkg/config/analysis/analyzers/testdata'])('%s: no false alarm', async (folder) => {
      expect(await findingsIn(istio ?? '', folder)).toEqual(expectedIn(folder));
    });
  },
);

describe.skipIf(gatewayApi === undefined)(
  "Gateway API's (skipped where its Go module is not in the cache)",
  () => {
    test('examples: no false alarm', async () => {
      expect(await findingsIn(gatewayApi ?? '', 'examples')).toEqual({});
    });
  },
);

describe.skipIf(istio === undefined)('what is known of Istio is what its source says', () => {
  const source = (path: string) => readFile(join(istio ?? '', path), 'utf8');

  test('kinds and their versions', async () => {
    const crds = parseAllDocuments(await source('manifests/charts/base/files/crd-all.gen.yaml')).map(
      (document) =>
        document.toJS() as {
          spec: { group: string; names: { kind: string }; versions: { name: string; served: boolean }[] };
        },
    );
    const served = crds.map(({ spec: { group, names, versions } }) => [
      `${group}/${names.kind}`,
      versions.flatMap(({ name, served: isServed }) => (isServed ? [name] : [])).sort(),
    ]);
    const known = Object.entries(ISTIO_API).flatMap(([group, kinds]) =>
      Object.entries(kinds).map(([kind, versions]) => [`${group}/${kind}`, [...versions].sort()]),
    );
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(served));
  });

  test('conditions of retryOn', async () => {
    const text = await source('pkg/config/validation/validation.go');
    const set = /supportedRetryOnPolicies = sets\.New\(([^]*?)\n\t\)/.exec(text)?.[1] ?? '';
    const names = [...set.matchAll(/^\t\t"([^"]+)",$/gm)].map(([, name]) => name);
    expect([...RETRY_CONDITIONS].sort()).toEqual(names.sort());
  });

  test("filters' old names", async () => {
    const text = await source('pkg/config/xds/deprecated.go');
    const map = /DeprecatedFilterNames = map\[string\]string\{([^]*?)\n\t\}/.exec(text)?.[1] ?? '';
    const names = [...map.matchAll(/:\s*"([^"]+)",$/gm)].map(([, name]) => name ?? '');
    expect(Object.keys(OLD_FILTER_NAMES).sort()).toEqual([...new Set(names)].sort());
  });
});
