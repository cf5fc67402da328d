import { X509Certificate, createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { TestAuthority } from '../../src/certificates/authority.ts';

test('a certificate is signed by its authority, for its names, with the key that comes with it', async () => {
  const authority = await TestAuthority.create();
  const pair = await authority.issue({ names: ['grpc.example.com', 'other.example.com'] });
  const ca = new X509Certificate(authority.pem);
  const leaf = new X509Certificate(pair.certificate);
  expect(ca.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.checkIssued(ca)).toBe(true);
  expect(leaf.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
  expect(leaf.checkHost('grpc.example.com')).toBe('grpc.example.com');
  expect(leaf.checkHost('other.example.com')).toBe('other.example.com');
  expect(leaf.checkHost('foreign.example.com')).toBeUndefined();
  expect(leaf.serialNumber.toLowerCase()).toBe(pair.serial);
  expect(leaf.validFromDate.getTime()).toBeLessThan(Date.now());
  expect(leaf.validToDate.getTime()).toBeGreaterThan(Date.now());
});

test('no two certificates have the same serial', async () => {
  const authority = await TestAuthority.create();
  const serials = await Promise.all(
    Array.from({ length: 20 }, async () => (await authority.issue({ names: ['a.test'] })).serial),
  );
  expect(new Set(serials).size).toBe(20);
});
