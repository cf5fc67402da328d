import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { VersionApi } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { TestAuthority } from '../../src/certificates/authority.ts';
import { LastingConfig } from '../../src/kubernetes/lasting-config.ts';

test('requests share their connections', async () => {
  const authority = await TestAuthority.create();
  const { certificate, key } = await authority.issue({ names: ['localhost'] });
  let connections = 0;
  const server = createServer({ cert: certificate, key }, (_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"gitVersion":"v1.2.3"}');
  }).on('secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const config = new LastingConfig();
  config.loadFromClusterAndUser(
    {
      name: 'one',
      server: `https://localhost:${(server.address() as AddressInfo).port}`,
      caData: Buffer.from(authority.pem).toString('base64'),
      skipTLSVerify: false,
    },
    { name: 'somebody', token: 'secret' },
  );
  const version = config.makeApiClient(VersionApi);
  try {
    for (let i = 0; i < 20; i += 1) expect(await version.getCode()).toMatchObject({ gitVersion: 'v1.2.3' });
    // One that is just done with is not always taken at once.
    expect(connections).toBeLessThan(5);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
