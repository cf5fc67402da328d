import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SAMPLE_ROLES } from '../../services/catalogue.ts';
import { identityOf } from '../../services/identity.ts';
import { Protos } from '../../services/protos.ts';
import { serveCollector, serveSamples } from '../../services/server.ts';
import type { CallIds } from '../../src/clients/call-metadata.ts';
import type { Target } from '../../src/clients/target.ts';
import { PROJECT_ROOT } from '../../src/paths.ts';
import { startTlsTerminator } from './tls-terminator.ts';

/** A sample service on loopback: h2c on its own port, TLS by a terminator in front of it. No gateway, no mesh. */
export interface Loopback extends AsyncDisposable {
  readonly target: Target;
  readonly collectorAddress: string;
}

export async function startLoopback(role: string): Promise<Loopback> {
  const protos = new Protos(join(PROJECT_ROOT, 'proto'));
  const collector = await serveCollector(protos, 0);
  const collectorAddress = `127.0.0.1:${collector.port}`;
  const { services, deployment } = SAMPLE_ROLES[role]!;
  const samples = await serveSamples(services, identityOf(deployment, {}), protos, {
    port: 0,
    collectorAddress,
    tapped: true,
  });
  const terminator = await startTlsTerminator(samples.port);
  return {
    collectorAddress,
    target: {
      address: '127.0.0.1',
      tlsPort: terminator.port,
      h2cPort: samples.port,
      caPem: terminator.caPem,
      caFile: terminator.caFile,
      host: 'grpc.example.com',
    },
    [Symbol.asyncDispose]: async () => {
      await terminator[Symbol.asyncDispose]();
      await samples.drain(0);
      await collector.drain(0);
    },
  };
}

/** Ids of one RPC of a test. */
export const someIds = (caseName = 'test/case'): CallIds => ({ caseName, rpcId: randomUUID() });
