import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CaseRecord } from '../../src/conformance/case-record.ts';
import { canRunLocally, meshproof, start, type Finished } from '../cli/meshproof.ts';
import { ownMesh } from '../cli/own-mesh.ts';
import { byTaps, byTshark, hasTshark, type Reading } from './capture.ts';

const NAME = 'test-tshark';
const inside = (...command: string[]) => ['exec', '--name', NAME, '--', ...command];

describe.skipIf(!canRunLocally || !hasTshark())(
  'tapped RPCs through a real gateway, and a capture of them',
  () => {
    const mesh = ownMesh(NAME);
    let run: Finished;
    let taps: Reading;
    let tshark: Reading;

    beforeAll(async () => {
      const [capture, pid] = [join(mesh.folder, 'capture.pcapng'), join(mesh.folder, 'pid')];
      const keys = join(mesh.folder, 'keys.log');
      const both = 'tcp port 80 or tcp port 443 or tcp port 50051';
      const tsharks = `echo $$ > ${pid}; exec tshark -q -i any -f '${both}' -w ${capture}`;
      const capturing = start(inside('sh', '-c', tsharks));
      await capturing.shows('Capture started');
      // Of a connection that is older than the capture nobody could read the header table.
      const gateway = ['-n', 'istio-system', 'deployment/istio-ingressgateway'];
      await meshproof(inside('kubectl', 'rollout', 'restart', ...gateway));
      await meshproof(inside('kubectl', 'rollout', 'status', ...gateway));
      const chosen = ['h2c', 'tls'].flatMap((transport) => ['--only', `on-the-wire/*/${transport}*`]);
      const cases = [...chosen, '--out', mesh.folder];
      // The clients' keys are what tshark reads their TLS with.
      const env = { NODE_OPTIONS: `--tls-keylog=${keys}` };
      run = await meshproof(['run', '--reuse', '--name', NAME, '--tap', ...cases], { env });
      await meshproof(inside('sh', '-c', `kill -INT $(cat ${pid})`));
      await capturing.finished;
      taps = byTaps(await recordsIn(join(mesh.folder, 'records')));
      tshark = byTshark(capture, keys);
    });

    test('there are resets, GOAWAYs and good RPCs among them, on both legs', () => {
      expect(run.code, run.stderr).toBe(0);
      const lines = [...taps].map(
        ([key, { client, server }]) => `${key}: ${[...client, ...server].join(', ')}`,
      );
      expect(lines).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^client .*RST_STREAM 8/),
          expect.stringMatching(/^backend .*RST_STREAM/),
          expect.stringMatching(/^backend .*HEADERS END_STREAM$/),
          expect.stringMatching(/^goaway .*GOAWAY 2147483647 0/),
        ]),
      );
    });

    test('tshark reads the same frames of each stream, sizes and codes included', () => {
      for (const [key, lines] of taps) expect({ key, ...tshark.get(key) }).toEqual({ key, ...lines });
    });
  },
);

async function recordsIn(folder: string): Promise<CaseRecord[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.json'));
  return Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as CaseRecord),
  );
}
