import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { callMetadata } from '../clients/call-metadata.ts';
import { encodeMessage } from '../clients/grpc-web-framing.ts';
import { ReplyReader } from '../clients/grpc-web-reply.ts';
import { clientStatus } from '../clients/grpc-web.ts';
import { headerEntries, receivedMetadata } from '../clients/metadata.ts';
import { findMethod } from '../clients/protos.ts';
import { portOf, type Target, type Transport } from '../clients/target.ts';
import { ending, type Call, type Channel, type Running } from './call.ts';
import type { Ending } from './fate.ts';

/** How one stream ended, and whether its peer had refused it before doing anything. */
interface Outcome {
  readonly ending: Ending;
  readonly refused: boolean;
}

interface Attempt {
  readonly over: Promise<Outcome>;
  cancel(): void;
  readonly session: ClientHttp2Session;
}

/**
 * gRPC-Web in its binary form over HTTP/2, by node:http2. Like a browser it keeps one connection, and after GOAWAY
 * begins new RPCs on another one while those before go on.
 */
export class WebChannel implements Channel {
  readonly #target: Target;
  readonly #transport: Transport;
  #session: ClientHttp2Session | undefined;

  constructor(target: Target, transport: Transport) {
    this.#target = target;
    this.#transport = transport;
  }

  start(call: Call): Running {
    let attempt = this.#attempt(call);
    const over = attempt.over.then(async (first) => {
      if (!first.refused) return first.ending;
      // Nobody has seen it (RFC 9113, section 8.7), as when it crosses a GOAWAY: browsers begin it anew, unasked.
      if (this.#session === attempt.session) this.#session = undefined;
      attempt = this.#attempt(call);
      return (await attempt.over).ending;
    });
    const cancel = (): void => attempt.cancel();
    return { over, cancel, end: cancel };
  }

  /** One stream. */
  #attempt(call: Call): Attempt {
    const method = findMethod(call.method);
    const reader = new ReplyReader(method);
    let onPurpose = false;
    let answered = false;
    const session = this.#connected();
    const stream = session.request({
      ':method': 'POST',
      ':path': method.path,
      ':authority': this.#target.host,
      'content-type': 'application/grpc-web+proto',
      accept: 'application/grpc-web+proto',
      'x-grpc-web': '1',
      'user-agent': `meshproof/${call.ids.caseName}`,
      ...(call.deadlineMs !== undefined && { 'grpc-timeout': `${call.deadlineMs}m` }),
      ...Object.fromEntries(callMetadata(call.ids, call.script)),
    });
    const over = new Promise<Outcome>((resolve) => {
      let failure: unknown = new Error('the stream ended before any response headers');
      const { deadlineMs } = call;
      const timer =
        deadlineMs === undefined
          ? undefined
          : setTimeout(() => {
              // Told at once: a stream that waits for its connection is not closed before that is there.
              const late = {
                status: 'DEADLINE_EXCEEDED',
                details: 'Deadline exceeded',
                by: 'client',
              } as const;
              resolve({ ending: ending(late), refused: false });
              stream.close(constants.NGHTTP2_CANCEL);
            }, deadlineMs);
      stream.on('response', (headers) => {
        failure = undefined;
        answered = true;
        reader.head(Number(headers[':status']), receivedMetadata(headerEntries(headers)), 'h2');
      });
      stream.on('data', (piece: Buffer) => {
        try {
          reader.push(0, piece);
        } catch (error) {
          failure ??= error;
        }
      });
      stream.on('error', (error: Error) => {
        failure = error;
      });
      stream.once('close', () => {
        clearTimeout(timer);
        const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && !answered;
        resolve({
          ending: onPurpose ? ending({ details: '', onPurpose }) : endOf(reader, failure),
          refused: refused && !onPurpose,
        });
      });
    });
    stream.end(encodeMessage(method.requestSerialize({})));
    const cancel = (): void => {
      onPurpose = true;
      stream.close(constants.NGHTTP2_CANCEL);
    };
    return { over, cancel, session };
  }

  close(): void {
    this.#session?.close();
  }

  /** The connection that new RPCs begin on. */
  #connected(): ClientHttp2Session {
    const { address, host, caPem } = this.#target;
    const port = portOf(this.#target, this.#transport);
    if (this.#session?.closed === false) return this.#session;
    const session =
      this.#transport === 'tls'
        ? connect(`https://${host}:${port}`, { host: address, servername: host, ca: caPem })
        : connect(`http://${host}:${port}`, { host: address });
    const leave = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on('error', leave).once('goaway', leave).once('close', leave);
    this.#session = session;
    return session;
  }
}

function endOf(reader: ReplyReader, failure: unknown): Ending {
  try {
    if (failure !== undefined) throw failure as Error;
    const { name, details } = reader.end();
    return ending({ status: name, details, by: 'peer' });
  } catch (error) {
    const { name, details } = clientStatus(error);
    return ending({ status: name, details, by: 'client' });
  }
}
