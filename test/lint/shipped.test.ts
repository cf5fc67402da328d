import { join, relative } from 'node:path';
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { inOrder, lint } from '../../src/lint/lint.ts';
import { readProtos } from '../../src/lint/protos.ts';
import { readPaths } from '../../src/lint/read/paths.ts';
import { findCommand } from '../../src/toolchain/system.ts';
import { ROOT } from '../cli/meshproof.ts';
import { SURROUNDINGS } from './surroundings.ts';

const MANIFESTS = join(ROOT, 'manifests');

/** What lint says of ports that are declared in every way there is. */
const UNDECLARED = Array.from({ length: 6 }, () => 'port-protocol');

/** Configurations that are wrong on purpose, because a case is about what is wrong in them: what lint says of each. */
const DELIBERATE: Readonly<Record<string, readonly string[]>> = {
  // Every form of a CORS policy, those that leave something out included.
  'cors-policies': ['cors-exposed-headers', 'cors-exposed-headers', 'cors-request'],
  // What is seen on the wire when a port is declared so is what its cases are about.
  'declared-http': ['port-protocol'],
  // One of the gateway's own errors is a timeout.
  'grpc-web-errors': ['streaming-timeout'],
  // The seed's route word for word, which no preflight matches.
  'grpc-web-seed': ['cors-preflight'],
  // The seed's catch-alls side by side; only the first is live.
  'catch-all-collision': [
    'catch-all-collision',
    'catch-all-collision',
    'retries-over-timeout',
    'streaming-timeout',
    'streaming-per-try-timeout',
  ],
  // The seed's policy, word for word: up to 4 tries of 20 s in 60 s, on a route that takes everything.
  retries: ['retries-over-timeout', 'streaming-timeout', 'streaming-per-try-timeout'],
  'retries-clock': ['retries-over-timeout', 'streaming-timeout', 'streaming-per-try-timeout'],
  'retries-off': ['retries-over-timeout', 'streaming-timeout', 'streaming-per-try-timeout'],
  // A timeout is one of the features that are tried.
  proxyless: ['streaming-timeout'],
  'proxyless-mtls': ['streaming-timeout'],
  'proxyless-permissive': ['streaming-timeout'],
  'proxyless-late-agent': ['streaming-timeout'],
  // That proxies find out by themselves what a port speaks is a case.
  sidecar: ['port-protocol'],
  // Every way to declare a port, those that do not say HTTP/2 included.
  'protocol-matrix': UNDECLARED,
  'protocol-matrix-http1': UNDECLARED,
  'protocol-matrix-sidecar': UNDECLARED,
  'protocol-matrix-tls': UNDECLARED,
  // Each has the limit that a stream must not meet.
  'streaming-timeout': ['streaming-timeout'],
  'streaming-idle-limit': ['stream-limit'],
  'streaming-duration-limit': ['stream-limit'],
};

const methods = await readProtos([join(ROOT, 'proto')]);
// The seed has a test of its own.
const folders = (await readdir(MANIFESTS)).filter((name) => name !== 'seed');

describe.skipIf((await findCommand('kubectl')) === undefined)('the shipped manifests', () => {
  test.each(folders)('%s', async (folder) => {
    const paths = [join(MANIFESTS, folder), join(MANIFESTS, 'services')];
    const reading = await readPaths(paths, Readable.from([]), true);
    expect(reading.unreadable).toEqual([]);
    expect(reading.sets.flat().length).toBeGreaterThan(0);
    const findings = inOrder(reading.sets.flatMap((objects) => lint(objects, { ...SURROUNDINGS, methods })));
    expect(findings.map(({ rule }) => rule).sort()).toEqual([...(DELIBERATE[folder] ?? [])].sort());
    // The places are those of the source files, of which some are the seed's own, or those of what a folder begins with.
    for (const { location } of findings) {
      const [of = ''] = relative(MANIFESTS, location?.file ?? '/').split('/');
      expect(of === 'seed' || `${folder}-`.startsWith(`${of}-`), of).toBe(true);
    }
  });

  test('what is listed as deliberate is there', () => {
    expect(folders).toEqual(expect.arrayContaining(Object.keys(DELIBERATE)));
  });
});
