import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { trafficJsonSchema, trafficSchema } from '../../../src/report/traffic/schema.ts';
import { writeTrafficReport } from '../../../src/report/traffic/write.ts';
import { sampleAccount, sampleLive, sampleLost, sampleResult } from '../../traffic/accounts.ts';

const account = sampleAccount({
  lost: [sampleLost],
  connections: [{ connection: 1, lane: 'tls busy 1', openedAtMs: 1, goawayAtMs: 2, goawayCode: 0, rpcs: 3 }],
  workloadIssuers: ['CN=old', 'CN=new'],
});
const sabotaged = sampleResult(account, { sabotage: 'a short drain', caught: true, live: sampleLive });

test('what is written is all in the schema', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'meshproof-schema-'));
  try {
    const { json } = await writeTrafficReport([sampleResult(account), sabotaged], folder);
    const written: unknown = JSON.parse(await readFile(json, 'utf8'));
    // A field that the schema does not know would be gone.
    expect(trafficSchema.parse(written)).toEqual(written);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['another format', { format: 2, changes: [] }],
  [
    'a fate that there is not',
    { format: 1, changes: [{ ...sabotaged, account: { ...account, unary: { lost: 1 } } }] },
  ],
  ['a change without an account', { format: 1, changes: [{ ...sabotaged, account: undefined }] }],
])('%s is refused', (_what, document) => {
  expect(trafficSchema.safeParse(document).success).toBe(false);
});

test('docs/traffic.schema.json says the same (`vitest -u` writes it anew)', async () => {
  const schema = await format(JSON.stringify(trafficJsonSchema()), { parser: 'json', printWidth: 110 });
  await expect(schema).toMatchFileSnapshot(resolve(import.meta.dirname, '../../../docs/traffic.schema.json'));
});
