import type { Case } from '../../src/conformance/model.ts';
import { handshakeCases } from './handshakes.ts';
import { repairCases } from './repairs.ts';
import { rotationCases } from './rotation.ts';
import { rpcCases } from './rpcs.ts';
import { versionCases } from './versions.ts';
import { strangerCases } from './strangers.ts';

/** TLS at the gateway: what is shown in the handshake, what it carries, and whom it keeps out. */
export const cases: readonly Case[] = [
  ...handshakeCases,
  ...rpcCases,
  ...rotationCases,
  ...versionCases,
  ...repairCases,
  ...strangerCases,
];
