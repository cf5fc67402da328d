import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComponentSpec } from './component.ts';
import { NETWORK } from './isolation.ts';

const ETCD = 'http://127.0.0.1:2379';

/** Files of the control plane, all below one folder of the mesh. */
export class ControlPlaneFiles {
  readonly folder: string;
  constructor(folder: string) {
    this.folder = folder;
  }
  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }
  get serverCertificate(): string {
    return join(this.folder, 'apiserver-certs', 'apiserver.crt');
  }
  get tokens(): string {
    return join(this.folder, 'tokens.csv');
  }
  get serviceAccountKey(): string {
    return join(this.folder, 'service-account.key');
  }
  get serviceAccountPublicKey(): string {
    return join(this.folder, 'service-account.pub');
  }
}

/** Writes keys and the administrator's token. @returns the token */
export async function writeCredentials(files: ControlPlaneFiles): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const token = randomBytes(24).toString('hex');
  await writeFile(files.serviceAccountKey, privateKey, { mode: 0o600 });
  await writeFile(files.serviceAccountPublicKey, publicKey);
  await writeFile(files.tokens, `${token},meshproof,meshproof,system:masters\n`, { mode: 0o600 });
  return token;
}

/** Needs the API server's own certificate, so it is written once that is there. */
export async function writeKubeconfig(files: ControlPlaneFiles, name: string, token: string): Promise<void> {
  const authority = await readFile(files.serverCertificate);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: `https://${NETWORK.nodeAddress}:6443`,
          'certificate-authority-data': authority.toString('base64'),
        },
      },
    ],
    users: [{ name: 'meshproof', user: { token } }],
    contexts: [{ name, context: { cluster: name, user: 'meshproof' } }],
    'current-context': name,
  };
  await writeFile(files.kubeconfig, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}

export function etcd(files: ControlPlaneFiles): ComponentSpec {
  return {
    name: 'etcd',
    command: 'etcd',
    args: [
      ...['--data-dir', join(files.folder, 'etcd')],
      ...['--listen-client-urls', ETCD, '--advertise-client-urls', ETCD],
      ...['--listen-peer-urls', 'http://127.0.0.1:2380', '--log-level', 'warn'],
      // The data dies with the mesh, so nothing is gained by waiting for the disk.
      '--unsafe-no-fsync',
    ],
  };
}

export function apiServer(files: ControlPlaneFiles): ComponentSpec {
  const address = NETWORK.nodeAddress;
  return {
    name: 'kube-apiserver',
    command: 'kube-apiserver',
    args: [
      ...[
        '--etcd-servers',
        ETCD,
        '--secure-port',
        '6443',
        '--bind-address',
        address,
        '--advertise-address',
        address,
      ],
      ...['--cert-dir', join(files.folder, 'apiserver-certs')],
      ...['--service-account-issuer', 'https://kubernetes.default.svc'],
      ...['--service-account-key-file', files.serviceAccountPublicKey],
      ...['--service-account-signing-key-file', files.serviceAccountKey],
      ...['--token-auth-file', files.tokens, '--authorization-mode', 'RBAC'],
      ...['--service-cluster-ip-range', NETWORK.serviceCidr, '--allow-privileged=true'],
      // The node has no name that resolves: logs, exec and port-forward reach the kubelet by its address.
      ...['--kubelet-preferred-address-types', 'InternalIP'],
    ],
  };
}

export function controllerManager(files: ControlPlaneFiles): ComponentSpec {
  const { kubeconfig } = files;
  return {
    name: 'kube-controller-manager',
    command: 'kube-controller-manager',
    args: [
      ...['--kubeconfig', kubeconfig, '--authentication-kubeconfig', kubeconfig],
      ...['--authorization-kubeconfig', kubeconfig],
      ...['--service-account-private-key-file', files.serviceAccountKey],
      ...['--root-ca-file', files.serverCertificate],
      ...['--controllers', '*', '--leader-elect=false'],
    ],
  };
}

export function scheduler(files: ControlPlaneFiles): ComponentSpec {
  return {
    name: 'kube-scheduler',
    command: 'kube-scheduler',
    args: ['--kubeconfig', files.kubeconfig, '--leader-elect=false'],
  };
}
