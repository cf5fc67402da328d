import { Client, credentials, Metadata, type ChannelCredentials, type StatusObject } from '@grpc/grpc-js';
import type { CallOutcome, CallWanted } from './caller-contract.ts';

export const asTheyAre = (bytes: Buffer): Buffer => bytes;

/**
 * Makes the RPCs on one fresh channel. Whatever becomes of them is an outcome.
 *
 * @param signal gives up when aborted
 */
export async function makeCalls(wanted: CallWanted, signal: AbortSignal): Promise<CallOutcome[]> {
  const client = await openChannel(wanted);
  try {
    if (wanted.intervalMs > 0) {
      return await Promise.all(
        wanted.calls.map(async (metadata, index) => {
          await new Promise((resolve) => setTimeout(resolve, index * wanted.intervalMs));
          return makeCall(client, wanted, metadata, signal);
        }),
      );
    }
    const outcomes: CallOutcome[] = [];
    for (const metadata of wanted.calls) outcomes.push(await makeCall(client, wanted, metadata, signal));
    return outcomes;
  } finally {
    client.close();
  }
}

/** A channel that shares nothing with those before it, but for what a library of xDS keeps for its process. */
export async function openChannel(wanted: Pick<CallWanted, 'target' | 'authority'>): Promise<Client> {
  return new Client(wanted.target, await credentialsFor(wanted.target), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': -1,
    ...(wanted.authority === '' ? {} : { 'grpc.default_authority': wanted.authority }),
    // With xDS the client is what the mesh's retry policy is for; else nobody but the mesh may retry.
    ...(isXds(wanted.target)
      ? {}
      : { 'grpc.enable_retries': 0, 'grpc.service_config_disable_resolution': 1 }),
  });
}

const isXds = (target: string): boolean => target.startsWith('xds:');

/** With xDS, TLS as the mesh has it, and none where it has none. The library is loaded when it is first needed. */
async function credentialsFor(target: string): Promise<ChannelCredentials> {
  if (!isXds(target)) return credentials.createInsecure();
  const { register, XdsChannelCredentials } = await import('@grpc/grpc-js-xds');
  register();
  return new XdsChannelCredentials(credentials.createInsecure());
}

/** On the wire an RPC of any kind is one that streams both ways. */
async function makeCall(
  client: Client,
  wanted: CallWanted,
  metadata: CallWanted['calls'][number],
  signal: AbortSignal,
): Promise<CallOutcome> {
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const clock = (): number => performance.now() - started;
  const messages: { atMs: number; body: string }[] = [];
  const sentAtMs: number[] = [];
  let header = new Metadata();
  let peerIdentity = '';
  const deadline = wanted.deadlineMs > 0 ? { deadline: Date.now() + wanted.deadlineMs } : {};
  const call = client.makeBidiStreamRequest(
    wanted.path,
    asTheyAre,
    asTheyAre,
    metadataFrom(metadata),
    deadline,
  );
  const giveUp = (): void => call.cancel();
  signal.addEventListener('abort', giveUp, { once: true });
  const whoIsThere = (): void => {
    peerIdentity ||= call.getAuthContext()?.sslPeerCertificate?.subjectaltname ?? '';
  };
  call.once('metadata', (received: Metadata) => {
    header = received;
    whoIsThere();
  });
  call.on('data', (body: Buffer) => messages.push({ atMs: clock(), body: body.toString('base64') }));
  // Every failure arrives as a status too; without a listener the stream would throw it.
  call.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => call.once('end', resolve).once('close', resolve));
  const status = new Promise<StatusObject>((resolve) => call.once('status', resolve));
  for (const request of wanted.requests) {
    sentAtMs.push(clock());
    call.write(Buffer.from(request, 'base64'));
  }
  call.end();
  const { code, details, metadata: trailer } = await status;
  const endedAtMs = clock();
  whoIsThere();
  await ended;
  signal.removeEventListener('abort', giveUp);
  return {
    startedAt,
    code,
    message: details,
    header: printable(header),
    trailer: printable(trailer),
    messages,
    sentAtMs,
    endedAtMs,
    peerIdentity,
  };
}

function metadataFrom(pairs: CallWanted['calls'][number]): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of pairs) {
    metadata.add(key, key.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  }
  return metadata;
}

const printable = (metadata: Metadata): Record<string, string[]> =>
  Object.fromEntries(
    Object.keys(metadata.getMap()).map((key) => [
      key,
      metadata.get(key).map((value) => (typeof value === 'string' ? value : value.toString('base64'))),
    ]),
  );
