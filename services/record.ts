import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http2';
import type { Arrival } from './arrivals.ts';
import type { Entry, MessageSeen, Metadatum } from './contract.ts';
import type { Identity } from './identity.ts';
import { sizeOf } from './message-sizes.ts';
import { timeoutMs } from './metadata.ts';

const MESSAGES_KEPT = 100;
/** The :status of every gRPC reply. */
const OK = 200;
const SCRIPT_KEY = 'x-meshproof-script-bin';

/** Milliseconds since the epoch, with a fraction. */
const now = (): number => performance.timeOrigin + performance.now();

/** The ledger's entry of one RPC while the RPC goes on: says what happened in the terms of gRPC and HTTP/2. */
export class RpcRecord {
  readonly entry: Entry;
  readonly #arrival: Arrival;
  /** The server ended the RPC by a fault, so what happens to its stream is not the client's doing. */
  #ownFault = false;

  constructor(arrival: Arrival, identity: Identity) {
    this.#arrival = arrival;
    this.entry = entryOf(arrival, identity);
  }

  /** The names that the other end proved by its certificate; undefined where it showed none. */
  peerIs(identity: string | undefined): void {
    this.entry.peer_identity = identity ?? '';
  }

  headersSent(): void {
    this.entry.headers_sent ||= now();
    this.entry.http_status = OK;
  }

  messageReceived(message: object): void {
    this.entry.received_count += 1;
    this.entry.received_bytes += sizeOf(message);
    if (this.entry.received.length < MESSAGES_KEPT) this.entry.received.push(seen(message));
  }

  messageSent(message: object): void {
    this.headersSent();
    this.entry.sent_count += 1;
    this.entry.sent_bytes += sizeOf(message);
    if (this.entry.sent.length < MESSAGES_KEPT) this.entry.sent.push(seen(message));
  }

  halfCloseSeen(): void {
    this.entry.half_close_seen ||= now();
  }

  stepDone(): void {
    this.entry.steps_done += 1;
  }

  failingOnPurpose(): void {
    this.entry.failed_on_purpose = true;
  }

  /** About to hand over the final status. */
  statusSent(code: number, message: string): void {
    this.entry.status_code = code;
    this.entry.status_message = message;
    this.entry.trailers_only = this.entry.headers_sent === 0;
    this.entry.status_sent = now();
    this.entry.http_status = OK;
    this.entry.closed = true;
  }

  /** About to reset the stream. */
  resetSent(code: number): void {
    this.entry.reset_sent = code;
    this.#faulted();
  }

  /** About to send GOAWAY. `disowned`: it says that this RPC will not be processed. */
  goawaySent(code: number, disowned: boolean): void {
    this.entry.goaways_sent.push(code);
    if (disowned) this.#faulted();
  }

  /** About to close the connection. */
  connectionClosed(): void {
    this.entry.connection_closed = true;
    this.#faulted();
  }

  /**
   * grpc-js says the RPC is over although {@link statusSent} was not said: it was cancelled, or grpc-js made up a
   * status of its own (deadline, unreadable message). What was really sent is read off the stream.
   */
  overFromOutside(): void {
    this.entry.closed = true;
    this.entry.http_status = Number(this.#sentHeaders?.[':status'] ?? 0);
    // Anything but 200 is a reply of grpc-js to what is not gRPC.
    const answered = this.#readSentStatus() || ![0, OK].includes(this.entry.http_status);
    if (answered || this.#ownFault) return;
    this.entry.cancelled ||= now();
    // A status that was meant to go out, and did not.
    this.entry.status_code = -1;
    this.entry.status_message = '';
    this.entry.status_sent = 0;
    this.entry.trailers_only = false;
  }

  /** The stream is closed: nothing more can be learned. */
  streamClosed(): void {
    const { stream, connection } = this.#arrival;
    this.overFromOutside();
    this.entry.ended = now();
    if (this.#ownFault) return;
    if (connection.socket.destroyed) this.entry.connection_lost = true;
    // A code of 0 is also what node:http2 says of a stream that ended well.
    else if (stream.rstCode !== 0 || this.entry.cancelled !== 0) this.entry.reset_received = stream.rstCode;
  }

  #faulted(): void {
    this.#ownFault = true;
    this.entry.closed = true;
  }

  /** Undefined before the headers are sent, unlike in Node's types. */
  get #sentHeaders(): OutgoingHttpHeaders | undefined {
    return this.#arrival.stream.sentHeaders;
  }

  /** @returns whether a status was sent */
  #readSentStatus(): boolean {
    const sentHeaders = this.#sentHeaders;
    const block = [this.#arrival.stream.sentTrailers, sentHeaders].find(
      (headers) => headers?.['grpc-status'] !== undefined,
    );
    if (block === undefined) return false;
    this.entry.status_code = Number(block['grpc-status']);
    this.entry.status_message = percentDecoded(String(block['grpc-message'] ?? ''));
    this.entry.trailers_only = block === sentHeaders;
    this.entry.status_sent ||= now();
    return true;
  }
}

function seen(message: object): MessageSeen {
  const sequence = 'sequence' in message && typeof message.sequence === 'number' ? message.sequence : 0;
  return { bytes: sizeOf(message), sequence, at: now() };
}

function entryOf(arrival: Arrival, identity: Identity): Entry {
  const header = (name: string): string => {
    const value = arrival.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? '');
  };
  const path = header(':path');
  const [, service = '', method = ''] = path.split('/');
  const raw = metadataOf(arrival.rawHeaders);
  const grpcTimeout = raw.find(({ key }) => key === 'grpc-timeout')?.value ?? '';
  return {
    id: randomUUID(),
    revision: 0,
    case_id: header('x-meshproof-case'),
    rpc_id: header('x-meshproof-rpc'),
    request_id: header('x-request-id'),
    attempt: 0,
    service,
    method,
    path,
    authority: header(':authority'),
    scheme: header(':scheme'),
    peer: arrival.connection.peer,
    deployment: identity.service,
    pod: identity.pod,
    version: identity.version,
    stream_id: arrival.stream.id ?? 0,
    connection: arrival.connection.number,
    request_metadata: raw,
    grpc_timeout: grpcTimeout,
    deadline_ms: timeoutMs(grpcTimeout),
    envoy_attempt_count: Number(header('x-envoy-attempt-count')) || 0,
    started: now(),
    headers_sent: 0,
    half_close_seen: 0,
    cancelled: 0,
    reset_received: -1,
    reset_sent: -1,
    status_sent: 0,
    ended: 0,
    closed: false,
    received_count: 0,
    received_bytes: 0,
    received: [],
    sent_count: 0,
    sent_bytes: 0,
    sent: [],
    status_code: -1,
    status_message: '',
    trailers_only: false,
    goaways_sent: [],
    connection_closed: false,
    steps_done: 0,
    failed_on_purpose: false,
    connection_lost: false,
    http_method: header(':method'),
    http_status: 0,
    peer_identity: '',
    tapped: arrival.connection.tap !== undefined,
  };
}

function metadataOf(rawHeaders: readonly string[]): Metadatum[] {
  const metadata: Metadatum[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const key = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    if (key.startsWith(':') || key === SCRIPT_KEY) continue;
    if (!key.endsWith('-bin')) metadata.push({ key, value, binary_value: Buffer.alloc(0) });
    else {
      // Binary values of one key may come joined by commas (gRPC over HTTP2, "Custom-Metadata").
      for (const part of value.split(',')) {
        metadata.push({ key, value: '', binary_value: Buffer.from(part, 'base64') });
      }
    }
  }
  return metadata;
}

/** A message that is not well encoded, such as one out of a path that was not, is kept as it stands. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
