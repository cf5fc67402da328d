import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canRunLocally, meshproof } from './meshproof.ts';
import { ownReproducing } from './reproducing.ts';

const NAME = 'test-reproduce';

// All scenarios are the night's (reproduce.nightly.ts).
describe.skipIf(!canRunLocally)('meshproof reproduce', () => {
  const reproducing = ownReproducing(NAME);
  const { reproduce, mends } = reproducing;
  const says = (...words: string[]) =>
    meshproof([
      ...['exec', '--name', NAME, '--', 'sh', '-c'],
      `grpcurl -cacert $MESHPROOF_CA -d '{"name":"World"}' -authority grpc.example.com $GATEWAY_IP:443 ${words.join(' ')}`,
    ]);

  test('HTTP/1.1 to an HTTP/2 server: symptom, both legs, diagnosis, and the fix makes it work', async () => {
    const { code, stdout, stderr } = await reproduce('port-undeclared', '--fix');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('instead of OK, UNAVAILABLE (upstream connect error');
    expect(stdout).toMatch(/-> 1\/1 HEADERS POST \/mypackage\.Greeter\/SayHello/);
    expect(stdout).toMatch(/not HTTP\/2: an HTTP\/1\.1 request/);
    expect(stdout).toContain('port-undeclared (certain)');
    expect(stdout).toContain('appProtocol');
    expect(stdout).toContain("Applied: the diagnosis's patch. The same RPC works now");
    // Everything is as it was, and what was found can be read elsewhere.
    expect((await says('mypackage.Greeter/SayHello')).stdout).toContain('World');
    const report = await meshproof(['report', join(reproducing.folder, 'port-undeclared', 'bundle.tgz')]);
    expect(report.stderr).toContain('so the gateway speaks HTTP/1.1');
  });

  test.each([
    ['cors-preflight-trap', 'cors-preflight-unmatched', 'diagnosis'],
    ['retry-on-no-such-name', 'refused-at-admission', 'put right'],
  ])('%s is diagnosed as %s, and mended: %s', async (id, cause, from) => {
    const { diagnoses, fixed } = await mends(id);
    expect(diagnoses[0]?.cause).toBe(cause);
    expect(fixed?.from).toBe(from);
  });

  test('--keep leaves the failure in the mesh', async () => {
    const { code, stderr } = await reproduce('method-not-routed', '--keep');
    expect(code, stderr).toBe(0);
    expect((await says('grpc.health.v1.Health/Check')).stderr).toMatch(
      /Unimplemented|not support the reflection/,
    );
  });
});
