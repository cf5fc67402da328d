import type { Sabotage } from '../../src/conformance/model.ts';

/** The client sends no metadata of its own. */
export const withoutMetadata: Sabotage = {
  name: 'grpc-go without metadata',
  change: { invocation: { metadata: {} } },
  caughtBy: 'request metadata: x-text: expected plain text',
};

/** The server sends no metadata of its own. */
export const wordlessServer: Sabotage = {
  name: 'a server without metadata for grpc-go',
  change: { script: { steps: [{ answer: true }, { status: 'OK' }] } },
  caughtBy: 'initial metadata x-text: expected plain text, got nothing',
};

/** The client gives up sooner than it says. */
export const impatientClient = (caughtBy: string): Sabotage => ({
  name: 'half the deadline',
  change: { invocation: { deadlineMs: 350 } },
  caughtBy,
});

/** The client names the Gateway's host after all. */
export const rightServerName = (caughtBy: string): Sabotage => ({
  name: 'the right server name',
  change: { invocation: { serverName: 'grpc.example.com' } },
  caughtBy,
});

/** The client is told of the test CA. */
export const knownAuthority = (caughtBy: string): Sabotage => ({
  name: 'the authority is known',
  change: { invocation: { trust: 'test CA' } },
  caughtBy,
});

/** The client speaks to the listener that is meant for it. */
export const rightListener = (listener: 'tls' | 'h2c', caughtBy: string): Sabotage => ({
  name: `grpc-go to the ${listener} listener`,
  change: { invocation: { listener } },
  caughtBy,
});
