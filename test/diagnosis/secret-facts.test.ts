import { expect, test } from 'vitest';
import { TestAuthority } from '../../src/certificates/authority.ts';
import { issueWithFault } from '../../src/certificates/faults.ts';
import { secretFactsOf } from '../../src/diagnosis/secret-facts.ts';
import { tlsSecret } from '../../src/environments/samples.ts';

const authority = await TestAuthority.create();

test('nothing of the key is kept, and whether it belongs to the certificate is said', async () => {
  const pair = await authority.issue({ names: ['grpc.example.com'] });
  const facts = secretFactsOf(tlsSecret(pair));
  expect(facts).toMatchObject({
    name: 'grpc-tls-credential',
    namespace: 'istio-system',
    certificate: { names: ['grpc.example.com'], keyMatches: true },
  });
  expect(JSON.stringify(facts)).not.toContain('PRIVATE KEY');
  expect(JSON.stringify(facts)).not.toContain(Buffer.from(pair.key).toString('base64').slice(0, 64));

  const other = await issueWithFault(authority, 'grpc.example.com', 'key of another');
  expect(secretFactsOf(tlsSecret(other)).certificate?.keyMatches).toBe(false);
});

test('a Secret without a certificate is a fact too', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x', namespace: 'y' } };
  expect(secretFactsOf(secret)).toEqual({ namespace: 'y', name: 'x' });
  expect(secretFactsOf({ ...secret, data: { 'tls.crt': 'bm90IGE=' } } as typeof secret)).toEqual({
    namespace: 'y',
    name: 'x',
  });
});
