import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { applyIgnores } from '../../src/lint/ignore.ts';
import { inOrder, lint } from '../../src/lint/lint.ts';
import { readPaths } from '../../src/lint/read/paths.ts';
import { RULES } from '../../src/lint/rules/index.ts';
import { findCommand } from '../../src/toolchain/system.ts';
import { temporaryFolder } from '../toolchain/workplace.ts';
import { GOOD, SLIP } from './slip.ts';
import { SURROUNDINGS } from './surroundings.ts';

const hasKubectl = (await findCommand('kubectl')) !== undefined;

const IDS = new Set(RULES.map(({ id }) => id));

/** Writes files into a folder of their own. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}

/** Reads and lints paths of a folder. Places are told from the folder on. */
async function check(folder: string, paths: readonly string[], { stdin = '', canRender = hasKubectl } = {}) {
  const absolute = paths.map((path) => (path === '-' ? path : join(folder, path)));
  const reading = await readPaths(absolute, Readable.from([stdin]), canRender);
  const findings = inOrder(reading.sets.flatMap((objects) => lint(objects, SURROUNDINGS)));
  const shown = (file: string) => file.replace(`${folder}/`, '');
  const { kept, ignored, notes } = applyIgnores(findings, reading.sources, IDS);
  return {
    places: kept.map(
      ({ rule, location: at }) => `${shown(at?.file ?? '')}:${at?.line ?? 0}:${at?.column ?? 0} ${rule}`,
    ),
    unreadable: reading.unreadable.map(
      ({ file, line = 0, column = 0, message, hint }) =>
        `${shown(file)}:${line}:${column} ${message} ${hint}`,
    ),
    notes: [...reading.notes, ...notes].join('\n'),
    ignored,
    objects: reading.sets.flat().length,
  };
}

describe('what is read', () => {
  test('standard input', async () => {
    expect((await check('', ['-'], { stdin: SLIP })).places).toEqual(['<stdin>:9:18 service-prefix']);
  });

  test.skipIf(!hasKubectl)(
    'a kustomization, as it is rendered, with the places in the files it is made of',
    async () => {
      const folder = await folderWith({
        'base/kustomization.yaml': 'resources: [routes.yaml]\n',
        'base/routes.yaml': GOOD,
        'prod/kustomization.yaml': `resources: [../base]
namePrefix: prod-
patches:
  - path: retries.yaml
  - target: { kind: VirtualService }
    patch: |
      - op: add
        path: /spec/http/0/timeout
        value: 0s
`,
        'prod/retries.yaml': `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: slip }
spec:
  http:
    - match:
        - uri: { prefix: /shop.Orders }
      retries:
        attempts: 2
        retryOn: unavailable,aborted
      route:
        - destination: { host: orders }
`,
      });
      expect((await check(folder, ['prod'])).places).toEqual([
        'prod/kustomization.yaml:6:5 zero-timeout',
        'prod/retries.yaml:7:18 service-prefix',
        'prod/retries.yaml:10:9 retry-on-name',
      ]);
    },
  );

  test('without kubectl, the resources of a kustomization as they stand', async () => {
    const folder = await folderWith({
      'base/kustomization.yaml': 'resources: [routes.yaml]\n',
      'base/routes.yaml': SLIP,
      'prod/kustomization.yaml': 'resources: [../base]\n',
    });
    const { places, notes } = await check(folder, ['prod'], { canRender: false });
    expect(places).toEqual(['base/routes.yaml:9:18 service-prefix']);
    expect(notes).toContain('kubectl is missing');
  });

  test.skipIf(!hasKubectl)('alternatives in one folder are not taken together', async () => {
    const route = (name: string) =>
      `${SLIP.slice(0, SLIP.indexOf('  http:')).replace('slip', name)}  gateways: [edge]\n  http:\n    - route: [{ destination: { host: a } }]\n`;
    const folder = await folderWith({
      'all/blue/kustomization.yaml': 'resources: [routes.yaml]\n',
      'all/blue/routes.yaml': route('blue'),
      'all/green/kustomization.yaml': 'resources: [routes.yaml]\n',
      'all/green/routes.yaml': route('green'),
    });
    expect((await check(folder, ['all'])).places).toEqual([]);
    expect((await check(folder, ['all/blue', 'all/green'])).places).toEqual([
      'all/green/routes.yaml:9:7 catch-all-collision',
    ]);
  });

  test.skipIf(!hasKubectl)('a base is seen with what stands on it, not alone', async () => {
    const folder = await folderWith({
      'all/base/kustomization.yaml': 'resources: [routes.yaml]\n',
      'all/base/routes.yaml': SLIP,
      'all/prod/kustomization.yaml': `resources: [../base]
patches:
  - target: { kind: VirtualService }
    patch: '[{ op: replace, path: /spec/http/0/match/0/uri/prefix, value: /shop.Orders/ }]'
`,
    });
    expect((await check(folder, ['all'])).places).toEqual([]);
    expect((await check(folder, ['all/base'])).places).toEqual(['all/base/routes.yaml:9:18 service-prefix']);
  });

  test('lists, and anchors with merge keys', async () => {
    const folder = await folderWith({
      'list.yaml': `apiVersion: v1
kind: List
items:
  - apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: { name: a }
    spec:
      hosts: [a]
      http:
        - &route
          match: [{ uri: { prefix: /shop.Orders } }]
          route: [{ destination: { host: a } }]
        - <<: *route
          match: [{ uri: { prefix: /shop.Users } }]
`,
    });
    expect((await check(folder, ['list.yaml'])).places).toEqual([
      'list.yaml:11:28 service-prefix',
      'list.yaml:14:28 service-prefix',
    ]);
  });

  test('the same file by two ways is read once', async () => {
    const folder = await folderWith({ 'a/slip.yaml': SLIP });
    expect((await check(folder, ['a', 'a/slip.yaml'])).objects).toBe(1);
  });
});

/** A few lines that would be millions of items. */
function laughs(): string {
  const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, index, all) => {
    const last = all[index - 1];
    return `${name}: &${name} [${Array<string>(9)
      .fill(last === undefined ? 'x' : `*${last}`)
      .join(', ')}]`;
  });
  return `kind: X\n${levels.join('\n')}\n`;
}

describe('what cannot be read is told, with the place', () => {
  test.each([
    { name: 'broken', text: 'kind: [\n', says: 'x.yaml:2:1 this is not valid YAML' },
    {
      name: 'a key twice',
      text: 'kind: a\nkind: b\n',
      says: 'x.yaml:2:1 this is not valid YAML: Map keys must be unique',
    },
    {
      name: 'too many aliases',
      text: laughs(),
      says: 'x.yaml:1:1 this is not valid YAML: Excessive alias count',
    },
    {
      name: 'a Helm template that happens to be YAML',
      text: 'kind: X\nname: {{ .Values.name }}\n',
      says: 'x.yaml:2:7 this is a Helm template',
    },
    {
      name: 'a Helm template',
      text: '{{- if .Values.on }}\nkind: X\n{{- end }}\n',
      says: 'this is a Helm template, not YAML Render it first, for instance: helm template',
    },
  ])('$name', async ({ text, says }) => {
    const folder = await folderWith({ 'x.yaml': text });
    expect((await check(folder, ['x.yaml'])).unreadable).toEqual([expect.stringContaining(says)]);
  });

  test('templates within strings are none of them', async () => {
    const folder = await folderWith({
      'x.yaml': "apiVersion: v1\nkind: ConfigMap\ndata: { a: '{{ .x }}' }\n",
    });
    expect(await check(folder, ['x.yaml'])).toMatchObject({ unreadable: [], objects: 1 });
  });

  test('a path that is not there, and a kustomization that cannot be rendered', async () => {
    const folder = await folderWith({ 'prod/kustomization.yaml': 'resources: [missing.yaml]\n' });
    const { unreadable } = await check(folder, ['nowhere.yaml', 'prod']);
    expect(unreadable.join('\n')).toMatch(/nowhere\.yaml:0:0 cannot be read: .*ENOENT/);
    if (hasKubectl) expect(unreadable.join('\n')).toMatch(/prod:0:0 cannot be rendered/);
  });

  test('the rest is read all the same; charts and other documents are left out with a note', async () => {
    const folder = await folderWith({
      'mixed/slip.yaml': SLIP,
      'mixed/values.yaml': 'replicas: 3\n',
      'mixed/broken.yaml': 'kind: [',
      'mixed/chart/Chart.yaml': 'name: chart\n',
      'mixed/chart/templates/x.yaml': '{{ .Values.x }}\n',
    });
    const { places, notes, unreadable } = await check(folder, ['mixed']);
    expect(places).toEqual(['mixed/slip.yaml:9:18 service-prefix']);
    expect(notes).toMatch(/values\.yaml: left out a document/);
    expect(notes).toMatch(/chart: left out a Helm chart; render it first/);
    expect(unreadable).toEqual([expect.stringMatching(/^mixed\/broken\.yaml/)]);
  });
});

describe('a comment ignores a finding', () => {
  const reason = 'there is no neighbour';
  const ignoring = async (text: string) => check(await folderWith({ 'x.yaml': text }), ['x.yaml']);

  test('at its line, and above it', async () => {
    const at = SLIP.replace('Orders }', `Orders } # meshproof-ignore: service-prefix ${reason}`);
    const above = SLIP.replace(
      '        - uri',
      `        # meshproof-ignore: zero-timeout, service-prefix ${reason}\n        # And more.\n        - uri`,
    );
    for (const text of [at, above])
      expect(await ignoring(text)).toMatchObject({ places: [], ignored: 1, notes: '' });
  });

  test('not elsewhere', async () => {
    expect((await ignoring(`# meshproof-ignore: service-prefix ${reason}\n${SLIP}`)).ignored).toBe(0);
  });

  test('not without a reason, and not by a name that there is not, both of which are told', async () => {
    const bare = await ignoring(SLIP.replace('Orders }', 'Orders } # meshproof-ignore: service-prefix'));
    expect(bare).toMatchObject({
      ignored: 0,
      notes: expect.stringContaining('x.yaml:9: this comment ignores nothing: give the reason') as string,
    });
    const stranger = await ignoring(
      SLIP.replace('Orders }', `Orders } # meshproof-ignore: no-such ${reason}`),
    );
    expect(stranger).toMatchObject({
      ignored: 0,
      notes: expect.stringContaining('there is no rule no-such') as string,
    });
  });
});
