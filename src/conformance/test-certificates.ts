import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { type KeyPair, TestAuthority } from '../certificates/authority.ts';
import { type CertificateFault, issueWithFault } from '../certificates/faults.ts';
import type { ClientCertificate, ClientPair } from '../clients/target.ts';
import { GATEWAY_HOST, GATEWAY_SECRET, tlsSecret } from '../environments/samples.ts';

/** The Secret of a Gateway whose mode is MUTUAL: the clients' authority is in it too. */
const MUTUAL_SECRET = 'grpc-mutual-credential';
/** One certificate for two hosts. */
const TWO_HOSTS_SECRET = 'two-hosts-credential';
const SECOND_HOST = 'other.example.com';
/** Whom the clients' certificates name. */
const CLIENT_NAME = 'client.example.com';
const HOUR_MS = 60 * 60 * 1000;

/** A Secret that a Gateway's `credentialName` points to, and the names that its certificate must be good for. */
export interface Credential {
  readonly name: string;
  readonly hosts: readonly string[];
}

/** The certificates of a session: what the gateway is given, and what its clients have. */
export interface TestCertificates {
  readonly authority: TestAuthority;
  /** Its certificate, which all clients trust: PEM. */
  readonly caPem: string;
  /** Part of every configuration. */
  readonly secrets: readonly KubernetesObject[];
  readonly clientPairs: Readonly<Record<ClientCertificate, ClientPair>>;
  /** The gateway's Secrets with one thing wrong with each certificate. They are made once for a session. */
  faulty(fault: CertificateFault): Promise<KubernetesObject[]>;
}

const OURS: readonly Credential[] = [{ name: GATEWAY_SECRET, hosts: [GATEWAY_HOST] }];

/**
 * @param caFile where the authority's certificate is kept; the clients' certificates go beside it
 * @param given the gateway's Secrets; default those that our own configurations name
 */
export async function createTestCertificates(
  caFile: string,
  given?: readonly Credential[],
): Promise<TestCertificates> {
  const authority = await TestAuthority.create();
  await writeFile(caFile, authority.pem);
  const credentials = given ?? OURS;
  const secret = async ({ name, hosts }: Credential, clientsCa?: string): Promise<KubernetesObject> =>
    tlsSecret(await authority.issue({ names: hosts }), {
      name,
      ...(clientsCa === undefined ? {} : { clientsCa }),
    });
  const secrets = await Promise.all([
    ...credentials.map((each) => secret(each)),
    ...(given === undefined
      ? [
          secret({ name: MUTUAL_SECRET, hosts: [GATEWAY_HOST] }, authority.pem),
          secret({ name: TWO_HOSTS_SECRET, hosts: [GATEWAY_HOST, SECOND_HOST] }),
        ]
      : []),
  ]);
  const made = new Map<CertificateFault, Promise<KubernetesObject[]>>();
  const make = (fault: CertificateFault) =>
    Promise.all(
      credentials.map(async ({ name, hosts }) =>
        tlsSecret(await issueWithFault(authority, hosts[0] ?? name, fault), { name }),
      ),
    );
  return {
    authority,
    caPem: authority.pem,
    secrets,
    clientPairs: await clientPairs(authority, dirname(caFile)),
    faulty: (fault) => {
      const known = made.get(fault) ?? make(fault);
      made.set(fault, known);
      return known;
    },
  };
}

async function clientPairs(
  authority: TestAuthority,
  folder: string,
): Promise<TestCertificates['clientPairs']> {
  const facts = { names: [CLIENT_NAME], client: true };
  const stranger = await TestAuthority.create('an authority that the gateway does not know');
  const kept = async (name: string, { certificate, key }: KeyPair): Promise<ClientPair> => {
    const files = {
      certificateFile: join(folder, `client-${name}.pem`),
      keyFile: join(folder, `client-${name}.key`),
    };
    await writeFile(files.certificateFile, certificate);
    await writeFile(files.keyFile, key, { mode: 0o600 });
    return { certificate, key, ...files };
  };
  return {
    trusted: await kept('trusted', await authority.issue(facts)),
    'other authority': await kept('other-authority', await stranger.issue(facts)),
    expired: await kept(
      'expired',
      await authority.issue({
        ...facts,
        notBefore: new Date(Date.now() - 2 * HOUR_MS),
        notAfter: new Date(Date.now() - HOUR_MS),
      }),
    ),
  };
}
