import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, canRunLocally, meshproof } from './meshproof.ts';

const NAME = 'test-config';

interface Line {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

describe.skipIf(!canRunLocally)("a team's own configuration, by the example of examples/shop", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshproof-shop-'));
    await cp(join(ROOT, 'examples', 'shop'), folder, { recursive: true });
    const up = await meshproof(['up', '--name', NAME, '--images', 'built']);
    expect(up.code, up.stderr).toBe(0);
  });
  afterAll(async () => {
    await meshproof(['down', '--name', NAME]);
    await rm(folder, { recursive: true, force: true });
  });

  const reuse = (command: string, ...args: string[]) =>
    meshproof([command, '--name', NAME, '--reuse', ...args], { cwd: folder });

  /** The example with one line changed, which is put back afterwards. */
  async function withLine<T>({ file, from, to }: Line, use: () => Promise<T>): Promise<T> {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
    try {
      return await use();
    } finally {
      await writeFile(path, text);
    }
  }

  test('does what it means', async () => {
    const { code, stderr } = await reuse('run');
    expect(stderr).toContain('configuration: meshproof.config.ts');
    expect(stderr).toContain('Deployment shop/orders');
    expect(stderr).toMatch(/Conformant: All \d+ cases passed/);
    expect(code).toBe(0);
  });

  test('whatever is broken of it is seen', { timeout: 15 * 60_000 }, async () => {
    const { code, stderr } = await reuse('prove');
    expect(stderr).toMatch(/(\d+) of \1 sabotages caught/);
    expect(code).toBe(0);
  });

  const STOCK = 'host: stock.warehouse.svc.cluster.local';
  test.each<[string, Line, string, string]>([
    [
      'a wrong backend',
      { file: 'deploy/routes.yaml', from: STOCK, to: 'host: catalogue' },
      'shop/route/grpc.shop.internal/**',
      'http[0] of VirtualService shop/internal',
    ],
    [
      'a prefix that is too wide',
      { file: 'deploy/routes.yaml', from: '/shop.stock.v1.Stock/', to: '/shop.stock.v1.Stock' },
      'shop/near-miss/grpc.shop.internal/**',
      'http[0] of VirtualService shop/internal',
    ],
    [
      'a timeout on a stream',
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
      { file: 'deploy/routes.yaml', from: 'unavailable,resource', to: 'unavialable,resource' },
      'shop/{admission,route}/**',
      'http[1] of VirtualService shop/api',
    ],
  ])('%s is found, and its line is named', async (_what, line, only, entry) => {
    const patterns = only.includes('{')
      ? ['admission', 'route'].map((each) => only.replace(/\{.*\}/, each))
      : [only];
    const { code, stderr } = await withLine(line, () => reuse('run', '--only', ...patterns));
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/about deploy\/routes\.yaml:\d+/);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(entry);
    expect(stderr).toContain('Not conformant');
    expect(code).toBe(1);
  });
});
