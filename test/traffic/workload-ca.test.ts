import { X509Certificate, createPrivateKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { AS_WRITTEN } from '../../src/environments/placement.ts';
import type { Cluster } from '../../src/kubernetes/cluster.ts';
import { WorkloadAuthorities } from '../../src/traffic/workload-ca.ts';

interface Cacerts {
  readonly stringData?: Readonly<Record<string, string>>;
}

/** A cluster whose istiod takes up the Secret as soon as it is restarted. */
function clusterWithIstiod() {
  let secret: Cacerts | undefined;
  let roots = '';
  const restarted: string[] = [];
  const cluster = {
    objects: {
      patch: (object: Cacerts) => Promise.resolve((secret = object)),
      delete: () => Promise.resolve((secret = undefined)),
      list: () =>
        Promise.resolve({
          items: [
            {
              webhooks: [
                {
                  clientConfig: {
                    service: { namespace: AS_WRITTEN.control },
                    caBundle: Buffer.from(roots).toString('base64'),
                  },
                },
                { clientConfig: { service: { namespace: 'somebody-elses' }, caBundle: '' } },
              ],
            },
          ],
        }),
    },
    core: { readNamespacedConfigMap: () => Promise.resolve({ data: { 'root-cert.pem': roots } }) },
  } as unknown as Cluster;
  const restart = (workload: string) => {
    restarted.push(workload);
    roots = secret?.stringData?.['root-cert.pem'] ?? '';
    return Promise.resolve();
  };
  const authorities = new WorkloadAuthorities(cluster, AS_WRITTEN, { restart }, AbortSignal.timeout(10_000));
  return { authorities, restarted, secret: () => secret?.stringData };
}

const certificatesIn = (bundle = ''): X509Certificate[] =>
  bundle
    .split(/(?<=-----END CERTIFICATE-----)\s*/)
    .filter((pem) => pem !== '')
    .map((pem) => new X509Certificate(pem));

test('the Secret is one that istiod takes: a signing CA with its key, and every root', async () => {
  const { authorities, restarted, secret } = clusterWithIstiod();
  await authorities.use({ signs: 'old', trusts: ['old', 'new'] });
  const first = secret();
  const signing = new X509Certificate(first?.['ca-cert.pem'] ?? '');
  expect(signing.ca).toBe(true);
  expect(signing.checkPrivateKey(createPrivateKey(first?.['ca-key.pem'] ?? ''))).toBe(true);
  const roots = certificatesIn(first?.['root-cert.pem']).map(({ fingerprint }) => fingerprint);
  expect(new Set(roots).size).toBe(2);
  expect(roots).toContain(signing.fingerprint);

  await authorities.use({ signs: 'new', trusts: ['old', 'new'] });
  const renewed = new X509Certificate(secret()?.['ca-cert.pem'] ?? '');
  expect(renewed.fingerprint).not.toBe(signing.fingerprint);
  // The same two as before: what was trusted goes on being trusted.
  expect(certificatesIn(secret()?.['root-cert.pem']).map(({ fingerprint }) => fingerprint)).toEqual(roots);
  expect(restarted).toEqual(['istiod', 'istiod']);
});

test("with istiod's own CA there is no Secret", async () => {
  const { authorities, restarted, secret } = clusterWithIstiod();
  await authorities.use({ signs: 'old', trusts: ['old'] });
  await authorities.use(undefined);
  expect(secret()).toBeUndefined();
  expect(restarted).toHaveLength(2);
});
