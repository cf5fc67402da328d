import { X509Certificate, createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { TestAuthority } from '../../src/certificates/authority.ts';
import { issueWithFault, type CertificateFault } from '../../src/certificates/faults.ts';

const HOST = 'grpc.example.com';

/** What is right about a certificate with a fault; everything but the one thing must be. */
async function verdictsOf(fault: CertificateFault) {
  const authority = await TestAuthority.create();
  const pair = await issueWithFault(authority, HOST, fault);
  const leaf = new X509Certificate(pair.certificate);
  return {
    inTime: leaf.validFromDate.getTime() < Date.now() && leaf.validToDate.getTime() > Date.now(),
    ownKey: leaf.checkPrivateKey(createPrivateKey(pair.key)),
    rightHost: leaf.checkHost(HOST) === HOST,
    trusted: leaf.verify(new X509Certificate(authority.pem).publicKey),
  };
}

const RIGHT = { inTime: true, ownKey: true, rightHost: true, trusted: true };

test.each([
  ['expired', { inTime: false }],
  ['key of another', { ownKey: false }],
  ['other host', { rightHost: false }],
  ['other authority', { trusted: false }],
] as const)('%s: that is wrong, and nothing else', async (fault, wrong) => {
  expect(await verdictsOf(fault)).toEqual({ ...RIGHT, ...wrong });
});
