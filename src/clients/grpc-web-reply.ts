import { StringDecoder } from 'node:string_decoder';
import { statusName, statusOfHttp } from './grpc-status.ts';
import { Base64Decoder, FrameDecoder, FramingError } from './grpc-web-framing.ts';
import { receivedMessage } from './messages.ts';
import { receivedMetadata, type ReceivedMetadata } from './metadata.ts';
import type { Method } from './protos.ts';
import type { ReceivedMessage, ReceivedStatus, RpcRecord } from './record.ts';

/** Characters of a body that is no gRPC-Web that are kept for the status. */
const KEPT_BODY = 200;

/** What has been learned of an RPC so far; it survives the failure that ends it. */
interface Learned {
  http?: NonNullable<RpcRecord['http']>;
  initialMetadata: ReceivedMetadata;
  trailers: ReceivedMetadata;
  readonly messages: ReceivedMessage[];
}

/**
 * Reads one gRPC-Web reply as its client gets it, piece by piece. A reply counts as complete only with a trailers
 * frame, or with the status among its headers: clients report some resets as a clean end of the body.
 */
export class ReplyReader {
  readonly learned: Learned = { initialMetadata: {}, trailers: {}, messages: [] };
  readonly #method: Pick<Method, 'responseDeserialize'>;
  readonly #frames = new FrameDecoder();
  #body: 'frames' | 'other' | 'ignored' = 'ignored';
  #decode: (piece: Buffer) => Buffer = (piece) => piece;
  #endBase64: () => void = () => undefined;
  #said = '';

  constructor(method: Pick<Method, 'responseDeserialize'>) {
    this.#method = method;
  }

  /** The head of the reply has come. */
  head(status: number, headers: ReceivedMetadata, alpn: string): void {
    const contentType = headers['content-type']?.[0] ?? '';
    this.learned.http = { status, contentType, alpn };
    if (headers['grpc-status'] !== undefined) {
      // Nothing but the end was sent, so that all of it is trailing metadata, as native gRPC has it.
      this.learned.trailers = headers;
      return;
    }
    this.learned.initialMetadata = headers;
    this.#body = status === 200 && contentType.startsWith('application/grpc-web') ? 'frames' : 'other';
    if (contentType.startsWith('application/grpc-web-text')) this.#readText();
  }

  /**
   * A piece of the body has come, `atMs` milliseconds after the start of the RPC.
   *
   * @throws FramingError when it is no gRPC-Web
   */
  push(atMs: number, piece: Buffer): void {
    if (this.#body === 'other') this.#said = (this.#said + piece.toString()).slice(0, KEPT_BODY);
    if (this.#body !== 'frames') return;
    for (const frame of this.#frames.push(this.#decode(piece))) {
      if (frame.kind === 'trailers') this.learned.trailers = receivedMetadata(pairs(frame.trailers));
      else this.learned.messages.push(receivedMessage(atMs, this.#method.responseDeserialize(frame.data)));
    }
  }

  /**
   * The body has ended.
   *
   * @throws FramingError when that was too early
   */
  end(): ReceivedStatus {
    const { http, trailers } = this.learned;
    if (this.#body === 'other') {
      const status = http?.status ?? 0;
      const said = this.#said === '' ? '' : `: ${this.#said}`;
      return {
        name: statusOfHttp(status),
        details: `HTTP status ${status} without grpc-status${said}`,
        from: 'HTTP status',
      };
    }
    if (this.#body === 'ignored') return statusFrom(trailers, 'headers');
    this.#endBase64();
    this.#frames.end();
    if (trailers['grpc-status'] === undefined) {
      throw new FramingError('the reply ended without a trailers frame that carries grpc-status');
    }
    return statusFrom(trailers, 'trailers frame');
  }

  #readText(): void {
    const characters = new StringDecoder('latin1');
    const base64 = new Base64Decoder();
    this.#decode = (piece) => base64.push(characters.write(piece));
    this.#endBase64 = () => base64.end();
  }
}

const pairs = (values: ReceivedMetadata) =>
  Object.entries(values).flatMap(([key, each]) => each.map((value) => [key, value] as const));

function statusFrom(metadata: ReceivedMetadata, from: 'headers' | 'trailers frame'): ReceivedStatus {
  const code = metadata['grpc-status']?.[0] ?? '';
  const message = metadata['grpc-message']?.[0] ?? '';
  if (!/^\d+$/.test(code)) throw new FramingError(`grpc-status is no number: ${JSON.stringify(code)}`);
  return { name: statusName(Number(code)), details: percentDecoded(message), from };
}

/** grpc-message is percent-encoded UTF-8; what is no such encoding is taken as it stands (gRPC's `PROTOCOL-HTTP2.md`). */
function percentDecoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
