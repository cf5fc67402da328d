import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Example, ownExamples } from './examples.ts';
import { canRunLocally } from './meshproof.ts';

interface Line {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

describe.skipIf(!canRunLocally)("a team's own configuration, by the examples", () => {
  const examples = ownExamples('test-config');

  /** An example with one line changed, which is put back afterwards. */
  async function withLine<T>(example: Example, { file, from, to }: Line, use: () => Promise<T>): Promise<T> {
    const path = join(examples.folder, example, file);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
    try {
      return await use();
    } finally {
      await writeFile(path, text);
    }
  }

  test.each([
    ['shop', 'Deployment shop/orders'],
    ['parcels', 'attached to the ingress gateway of this mesh'],
  ] as const)('%s does what it means', async (example, note) => {
    const { code, stderr } = await examples.reuse(example, 'run');
    expect(stderr).toContain('configuration: meshproof.config.ts');
    expect(stderr).toContain(note);
    expect(stderr).toMatch(/Conformant: All \d+ cases passed/);
    expect(code).toBe(0);
  });

  // All of each is the night's (config.nightly.ts).
  test.each([
    ['shop', 'near-miss', 'tls'],
    ['parcels', 'near-miss', 'weights'],
  ] as const)('what is broken of %s is seen', (example, ...families) =>
    examples.provesAll(example, ...families.map((family) => `${example}/${family}/**`)),
  );

  const STOCK = 'host: stock.warehouse.svc.cluster.local';
  const DEPOTS = '{ name: depots, namespace: logistics, port: 9090 }';
  test.each<[string, Example, Line, string, string]>([
    [
      'a backend of Gateway API that is another',
      'parcels',
      { file: 'deploy/routes.yaml', from: DEPOTS, to: '{ name: labels, port: 50051 }' },
      'parcels/route/grpc.parcels.example/parcels.depots.v1.depots/**',
      'rules[0] of GRPCRoute parcels/depots',
    ],
    [
      'a ReferenceGrant for another namespace',
      'parcels',
      {
        file: 'deploy/routes.yaml',
        from: 'kind: GRPCRoute, namespace: parcels',
        to: 'kind: GRPCRoute, namespace: parcel',
      },
      'parcels/route/grpc.parcels.example/parcels.depots.v1.depots/**',
      'rules[0] of GRPCRoute parcels/depots',
    ],
    [
      'a wrong backend',
      'shop',
      { file: 'deploy/routes.yaml', from: STOCK, to: 'host: catalogue' },
      'shop/route/grpc.shop.internal/**',
      'http[0] of VirtualService shop/internal',
    ],
    [
      'a prefix that is too wide',
      'shop',
      { file: 'deploy/routes.yaml', from: '/shop.stock.v1.Stock/', to: '/shop.stock.v1.Stock' },
      'shop/near-miss/grpc.shop.internal/**',
      'http[0] of VirtualService shop/internal',
    ],
    [
      'a timeout on a stream',
      'shop',
      {
        file: 'deploy/routes.yaml',
        from: '    # An order must not be placed twice.',
        to: '      timeout: 3s\n    # An order must not be placed twice.',
      },
      'shop/stream/api.shop.example/shop.v1.orders.watch',
      'http[3] of VirtualService shop/api',
    ],
    [
      'a retryOn that Istio refuses',
      'shop',
      { file: 'deploy/routes.yaml', from: 'unavailable,resource', to: 'unavialable,resource' },
      'shop/{admission,route}/**',
      'http[1] of VirtualService shop/api',
    ],
  ])('%s is found, and its line is named', async (_what, example, line, only, entry) => {
    const patterns = only.includes('{')
      ? ['admission', 'route'].map((each) => only.replace(/\{.*\}/, each))
      : [only];
    const { code, stderr } = await withLine(example, line, () =>
      examples.reuse(example, 'run', '--only', ...patterns),
    );
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/about deploy\/routes\.yaml:\d+/);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(entry);
    expect(stderr).toContain('Not conformant');
    expect(code).toBe(1);
  });
});
