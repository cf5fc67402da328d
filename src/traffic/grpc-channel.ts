import { Metadata, status, type Client, type StatusObject } from '@grpc/grpc-js';
import { callMetadata, type CallIds } from '../clients/call-metadata.ts';
import { openClient } from '../clients/grpc-js.ts';
import { statusName } from '../clients/grpc-status.ts';
import { findMethod } from '../clients/protos.ts';
import type { Target, Transport } from '../clients/target.ts';
import { ending, type Call, type Channel, type Running } from './call.ts';
import type { Ending } from './fate.ts';

/** What the calls of all four kinds have in common. */
interface AnyCall {
  on(event: 'error', listener: () => void): unknown;
  once(event: 'status', listener: (status: StatusObject) => void): unknown;
  cancel(): void;
}

/** What a call has whose client sends a stream. */
interface Sender {
  write(message: object): boolean;
  end(): void;
}

const nothing = (): void => undefined;

/**
 * A channel of grpc-js, with a connection of its own and no retry policy. As with everybody's channel, what the gateway
 * has refused unseen (REFUSED_STREAM, or beyond GOAWAY's last stream id) begins anew: gRFC A6, transparent retries.
 */
export class GrpcChannel implements Channel {
  readonly #client: Client;

  constructor(target: Target, transport: Transport, caseName: string) {
    const ids: CallIds = { caseName, rpcId: '' };
    this.#client = openClient(
      { client: 'grpc-js', transport, method: '', channelOptions: CHANNEL_OPTIONS },
      target,
      `meshproof/${ids.caseName}`,
    );
  }

  start(call: Call): Running {
    const { path, requestSerialize: write, responseDeserialize: read } = findMethod(call.method);
    const metadata = metadataOf(call);
    const options = call.deadlineMs === undefined ? {} : { deadline: Date.now() + call.deadlineMs };
    const client = this.#client;
    switch (call.kind) {
      case 'unary':
        return running(client.makeUnaryRequest(path, write, read, {}, metadata, options, nothing));
      case 'server-stream': {
        const stream = client.makeServerStreamRequest(path, write, read, {}, metadata, options);
        stream.resume();
        return running(stream);
      }
      case 'client-stream': {
        const stream = client.makeClientStreamRequest(path, write, read, metadata, options, nothing);
        return sending(stream, stream, call);
      }
      case 'bidi': {
        const stream = client.makeBidiStreamRequest(path, write, read, metadata, options);
        stream.resume();
        return sending(stream, stream, call);
      }
    }
  }

  close(): void {
    this.#client.close();
  }
}

const CHANNEL_OPTIONS = {
  // Without a retry policy these are the transparent ones alone.
  'grpc.enable_retries': 1,
  // A channel that waits a second before it connects again would measure itself.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
};

function metadataOf({ ids, script }: Call): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of callMetadata(ids, script))
    metadata.add(key, key.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  return metadata;
}

function running(call: AnyCall, half: { close?: () => void } = {}): Running {
  let onPurpose = false;
  const over = new Promise<Ending>((resolve) => {
    // Every failure arrives as a status too; without a listener the stream would throw it.
    call.on('error', nothing);
    call.once('status', ({ code, details }) => {
      const isClients = code === status.DEADLINE_EXCEEDED && details.startsWith('Deadline exceeded');
      resolve(
        ending({
          status: statusName(code),
          details,
          ...(isClients && { by: 'client' as const }),
          // Cancelled by us, it ends as that and not otherwise.
          ...(onPurpose && code === status.CANCELLED && { onPurpose }),
        }),
      );
    });
  });
  const cancel = (): void => {
    onPurpose = true;
    call.cancel();
  };
  return { over, cancel, end: half.close ?? cancel };
}

/** A stream whose client goes on sending until it is over. */
function sending(call: AnyCall, sender: Sender, { everyMs = 1000 }: Call): Running {
  const timer = setInterval(() => sender.write({}), everyMs);
  const stop = (): void => clearInterval(timer);
  sender.write({});
  const close = (): void => {
    stop();
    sender.end();
  };
  const made = running(call, { close });
  void made.over.then(stop);
  return made;
}
