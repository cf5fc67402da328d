import type { ReceivedMetadata } from './metadata.ts';
import type { StatusName } from './grpc-status.ts';

/**
 * Who said the status:
 * - `server`: the peer, in trailers (or in headers of a trailers-only reply; grpc-js does not tell them apart).
 * - `headers`: a trailers-only gRPC-Web reply, where the status stands among the HTTP headers.
 * - `trailers frame`: the last frame of a gRPC-Web body.
 * - `HTTP status`: no grpc-status anywhere; mapped from the HTTP status by the client.
 * - `client`: made by the client itself: its own deadline or cancellation, no connection, a reply it cannot read.
 */
export type StatusSource = 'server' | 'headers' | 'trailers frame' | 'HTTP status' | 'client';

/** The final status of an RPC as the client's caller saw it. */
export interface ReceivedStatus {
  readonly name: StatusName;
  /** The grpc-message, percent-decoded; empty when there was none. */
  readonly details: string;
  /** Absent where the client does not say: grpc-js hands on one kind of status whatever its origin. */
  readonly from?: StatusSource;
}

/** A message of the reply. Payloads are kept as size and digest, so that a record stays readable and small. */
export interface ReceivedMessage {
  /** Milliseconds since the RPC was started. */
  readonly atMs: number;
  /** The decoded message in the JSON form of its proto, field names as in the proto; payload bytes taken out. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The message's bytes field `payload`, when it has one. */
  readonly payload?: { readonly size: number; readonly sha256: string };
}

/** One RPC as one client saw it. Either `status` or `error` is set, never both. */
export interface RpcRecord {
  readonly kind: 'rpc';
  readonly client: 'grpc-js' | 'grpc-go' | 'pod' | 'grpc-web' | 'browser' | 'grpcurl';
  readonly rpcId: string;
  /** Wall-clock time, ISO 8601, for joining with logs. */
  readonly startedAt: string;
  readonly status?: ReceivedStatus;
  /** Why there is no status: the harness gave up on an RPC that never ended. */
  readonly error?: string;
  readonly initialMetadata: ReceivedMetadata;
  readonly trailers: ReceivedMetadata;
  readonly messages: readonly ReceivedMessage[];
  /** Milliseconds since the start at which each request message was handed to the client library. */
  readonly sentAtMs: readonly number[];
  /** Milliseconds from start to the final status. */
  readonly endedAtMs: number;
  /** The subject alternative names of the server's certificate, empty without TLS; a client in a pod says so. */
  readonly peerIdentity?: string;
  /** The HTTP reply around a gRPC-Web RPC. */
  readonly http?: { readonly status: number; readonly contentType: string; readonly alpn: string };
  /** What else a real browser let its page, or the page's developer, see. */
  readonly page?: {
    /** Product and version, as the browser says it. */
    readonly browser: string;
    readonly origin: string;
    /** What the page's script was thrown; empty when it was not. */
    readonly error: string;
    /** Errors on the console, one a line: this is where a browser says what CORS objects to. */
    readonly console: string;
  };
  /** Exit code and the raw text on standard error of grpcurl. */
  readonly process?: { readonly command: string; readonly exitCode: number; readonly stderr: string };
}

/** One TLS handshake as a raw client saw it. */
export interface TlsRecord {
  readonly kind: 'tls';
  readonly rpcId: string;
  /** The protocol that ALPN picked; empty when the server picked none. */
  readonly alpn: string;
  /** `TLSv1.3` and the like; empty when the handshake failed. */
  readonly version: string;
  /** Whether chain and name were verified against the test CA and the server name. */
  readonly authorized: boolean;
  /** What OpenSSL or Node said when the handshake, or the verification, failed; empty when all went well. */
  readonly error: string;
  readonly certificate?: {
    readonly subject: string;
    readonly issuer: string;
    readonly subjectAltName: string;
    /** Lower-case hexadecimal without leading zeros. */
    readonly serial: string;
    readonly notAfter: string;
  };
}

/** One plain HTTP exchange. */
export interface HttpRecord {
  readonly kind: 'http';
  readonly rpcId: string;
  /** HTTP status; 0 when no reply came. */
  readonly status: number;
  readonly headers: ReceivedMetadata;
  readonly trailers: ReceivedMetadata;
  /** The reply's body as text, cut to its first 4096 characters. */
  readonly body: string;
  /** The connection's failure; empty when a reply came. */
  readonly error: string;
}

/** What any client brings home. */
export type ClientRecord = RpcRecord | TlsRecord | HttpRecord;
