import type { Script } from '../../src/clients/script.ts';
import type { Sabotage } from '../../src/conformance/model.ts';
import { jsonPatch } from '../patches.ts';

/** The port is declared as what it is. */
export const declaredGrpc = (caughtBy: string): Sabotage => ({
  name: 'port declared grpc',
  change: {
    manifests: [
      jsonPatch('Service', 'grpc-declared-http', {
        op: 'replace',
        path: '/spec/ports/0/name',
        value: 'grpc',
      }),
    ],
  },
  caughtBy,
});

/** The server does something else than the case is about. */
export const serverInstead = (name: string, script: Script, caughtBy: string): Sabotage => ({
  name,
  change: { script },
  caughtBy,
});

/** The client does something else than the case is about. */
export const clientInstead = (
  name: string,
  invocation: { readonly cancelAfterMessages?: number; readonly deadlineMs?: number },
  caughtBy: string,
): Sabotage => ({ name, change: { invocation }, caughtBy });

/** Connections may grow as old as they like. */
export const noConnectionLimit = (caughtBy: string): Sabotage => ({
  name: 'no max-connection-duration',
  change: {
    manifests: [
      jsonPatch('EnvoyFilter', 'max-connection-duration', {
        op: 'remove',
        path: '/spec/configPatches/0/patch/value/typed_config/common_http_protocol_options',
      }),
    ],
  },
  caughtBy,
});
