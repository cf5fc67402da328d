import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestAuthority } from '../../src/certificates/authority.ts';
import { Browsers } from '../../src/clients/browser/browsers.ts';
import { findBrowser } from '../../src/clients/browser/find.ts';
import { writeWhole } from '../../src/whole-file.ts';

const programs = await findBrowser();

test.skipIf(programs === undefined)(
  'a browser starts where a path of its own would be too long for a socket, and leaves nothing there',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'meshproof-'));
    const folder = join(root, 'a-name-of-a-cluster-'.repeat(5));
    await mkdir(folder);
    const authority = await TestAuthority.create();
    const caFile = join(folder, 'test-ca.pem');
    await writeWhole(caFile, authority.pem);
    const listeners = { address: '127.0.0.1', tlsPort: 4, h2cPort: 4 };
    const target = { ...listeners, caPem: authority.pem, caFile, host: 'grpc.example.com' };
    const page = await authority.issue({ names: ['myapp.example.com'] });
    try {
      await using browsers = new Browsers({ programs: programs!, target, page });
      await using opened = await browsers.open('2', listeners);
      expect(opened.browser.isConnected()).toBe(true);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
);
