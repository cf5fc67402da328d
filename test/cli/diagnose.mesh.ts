import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, canRunLocally, meshproof } from './meshproof.ts';
import { ownMesh } from './own-mesh.ts';

const NAME = 'test-diagnose';
const CLI = `${process.execPath} ${join(ROOT, 'scripts', 'meshproof.js')}`;

interface Seen {
  readonly diagnoses: readonly { readonly cause: string; readonly change?: { readonly object: string } }[];
  readonly notes: readonly string[];
}

/** A fault, what is asked about it, the cause from within, and what can be said from outside. */
interface Planted {
  readonly scenario: string;
  readonly port?: number;
  readonly args?: string;
  readonly cause: string;
  readonly object?: string;
  readonly outside: string;
}

const GREETER = '--method mypackage.Greeter/SayHello';
const PLANTED: readonly Planted[] = [
  {
    scenario: 'port-undeclared',
    args: `${GREETER} --header 'x-declared-by: name-grpc'`,
    cause: 'port-undeclared',
    object: 'Service default/spread-name-grpc',
    outside: 'port-undeclared',
  },
  {
    scenario: 'secret-missing',
    cause: 'secret-missing',
    object: 'Gateway default/grpc-gateway',
    outside: 'secret-missing',
  },
  { scenario: 'sni-of-no-server', cause: 'sni-of-no-server', outside: 'sni-of-no-server' },
  { scenario: 'certificate-expired', cause: 'certificate-expired', outside: 'certificate-expired' },
  { scenario: 'alpn-without-h2', cause: 'alpn-without-h2', outside: 'alpn-without-h2' },
  { scenario: 'https-redirect', port: 80, cause: 'https-redirect', outside: 'https-redirect' },
  {
    scenario: 'port-80-became-tls',
    port: 80,
    cause: 'plaintext-to-tls-listener',
    outside: 'plaintext-to-tls-listener',
  },
  { scenario: 'route-under-tcp', cause: 'route-under-tcp-or-tls', outside: 'route-matches-otherwise' },
  { scenario: 'route-at-another-gateway', cause: 'route-not-at-gateway', outside: 'route-matches-otherwise' },
  {
    scenario: 'cors-origin',
    args: `${GREETER} --origin https://myapp.example.com`,
    cause: 'cors-origin',
    outside: 'cors-origin',
  },
];

describe.skipIf(!canRunLocally)('meshproof diagnose', () => {
  const mesh = ownMesh(NAME);
  async function look(
    port: number,
    args: string,
  ): Promise<Seen & { readonly code: number | null; readonly ms: number }> {
    const command = `${CLI} diagnose --address $GATEWAY_IP:${port} --authority grpc.example.com --cacert $MESHPROOF_CA --json ${args}`;
    const started = performance.now();
    const { code, stdout, stderr } = await meshproof(['exec', '--name', NAME, '--', 'sh', '-c', command]);
    expect(stdout, stderr).not.toBe('');
    return { ...(JSON.parse(stdout) as Seen), code, ms: performance.now() - started };
  }

  test.each([443, 80])('nothing is amiss at port %i of a mesh that is as it should be', async (port) => {
    for (const access of ['', '--kubeconfig $KUBECONFIG']) {
      const { code, diagnoses, notes } = await look(port, access);
      expect({ code, diagnoses, notes }).toEqual({ code: 0, diagnoses: [], notes: [] });
    }
  });

  test.each(PLANTED)('$scenario: $cause from within, $outside from outside', async (planted) => {
    const { scenario, port = 443, args = '', cause, object, outside } = planted;
    const out = ['--out', join(mesh.folder, scenario)];
    const set = await meshproof(['reproduce', scenario, '--reuse', '--name', NAME, '--keep', ...out]);
    expect(set.code, set.stderr).toBe(0);

    const within = await look(port, `${args} --kubeconfig $KUBECONFIG`);
    expect(within.diagnoses[0]?.cause).toBe(cause);
    if (object !== undefined) expect(within.diagnoses[0]?.change?.object).toBe(object);
    expect(within.code).toBe(1);

    const without = await look(port, args);
    expect(without.diagnoses.map((each) => each.cause)).toContain(outside);
    expect(without.code).toBe(1);
  });

  test('an address where nobody is', async () => {
    const { code, diagnoses } = await look(4, '');
    expect(diagnoses.map((each) => each.cause)).toEqual(['address-unreachable']);
    expect(code).toBe(1);
  });
});
