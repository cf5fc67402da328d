import { ensureKindToolchain, ensureToolchain, type ToolchainOptions } from '../toolchain/toolchain.ts';
import { chooseDaemon } from './kind/docker.ts';
import type { MeshSetup } from './local/protocol.ts';

/** Makes sure that all an environment is made of is on disk. @throws SetupError when it cannot run here */
export async function prepareMesh(kind: MeshSetup['kind'], options: ToolchainOptions): Promise<MeshSetup> {
  if (kind === 'local') return { kind, toolchain: await ensureToolchain(options) };
  const daemon = await chooseDaemon();
  return { kind, toolchain: await ensureKindToolchain(options, daemon === 'own') };
}
