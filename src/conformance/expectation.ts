import type { StatusName } from '../clients/grpc-status.ts';
import type { StatusSource } from '../clients/record.ts';
import type { AccessLogField } from '../evidence/access-log-format.ts';
import type { ConfigurationQuestion } from '../evidence/config-questions.ts';
import type { OrderedEnd } from '../frames/resets/table.ts';
import type { Leg, Party } from '../frames/timeline/events.ts';
import type { TimerName } from './slack.ts';

/** Text that must be exactly so, or match. */
export type TextMatch = string | RegExp;

/** A number that must be exactly so, or lie within a range, ends included. */
export type NumberMatch = number | { readonly min?: number; readonly max?: number };

/** What each key must hold: one value, several in their order, or null for a key that must not be there. */
export type MetadataExpectation = Readonly<Record<string, TextMatch | readonly TextMatch[] | null>>;

/** A status that is as good as the first one, and why. */
export interface ToleratedStatus {
  readonly status: StatusName;
  /** The issue or the documented race that it comes from. */
  readonly because: string;
  /** The versions of Istio and of Envoy that it holds for, such as `>=1.29 <1.31`; all when left out. */
  readonly istio?: string;
  readonly envoy?: string;
}

/** Who must have answered; null when it must be the gateway itself, so that no service names itself. */
export type ServedByExpectation = { readonly service: string; readonly version?: string } | null;

/** What the client of an RPC must have seen. */
export interface RpcExpectation {
  readonly status: StatusName;
  readonly tolerated?: readonly ToleratedStatus[];
  /** The grpc-message. */
  readonly details?: TextMatch;
  /** Where the status stood; only gRPC-Web and grpcurl can tell. */
  readonly statusFrom?: StatusSource;
  /** How many reply messages. */
  readonly count?: number;
  /** Sequence numbers ascend by one from the first message on. */
  readonly inOrder?: true;
  /** Each payload has this size, and the bytes that belong to its message's sequence. */
  readonly payloadBytes?: number;
  /** Milliseconds between the first and the last message. */
  readonly betweenFirstAndLastMs?: NumberMatch;
  /** Fields of the last message, by their names in the proto. */
  readonly reply?: Readonly<Record<string, TextMatch | number>>;
  readonly servedBy?: ServedByExpectation;
  readonly initialMetadata?: MetadataExpectation;
  readonly trailers?: MetadataExpectation;
  /** The subject alternative names of the server's certificate; null without TLS. A client in a pod can tell. */
  readonly peerIdentity?: TextMatch | null;
  /** The timer that ended the RPC: the status came within its slack after `atMs` milliseconds. */
  readonly ended?: { readonly by: TimerName; readonly atMs: number };
  /** The HTTP reply around a gRPC-Web RPC. */
  readonly http?: { readonly status?: number; readonly contentType?: TextMatch; readonly alpn?: string };
  /** What a real browser showed besides: the error its page's script was thrown, and the errors on its console. */
  readonly page?: { readonly error?: TextMatch; readonly console?: TextMatch };
  /** What grpcurl did as a process. */
  readonly process?: { readonly exitCode?: number; readonly stderr?: TextMatch };
}

/** What a bare TLS handshake must have shown. */
export interface TlsExpectation {
  /** What ALPN picked; empty for nothing. */
  readonly alpn?: string;
  readonly version?: string;
  readonly authorized: boolean;
  /** What OpenSSL or Node said; texts vary by version, so match on fragments. */
  readonly error?: TextMatch;
  readonly issuer?: TextMatch;
  readonly subjectAltName?: TextMatch;
}

/** What a plain HTTP exchange must have shown. */
export interface HttpExpectation {
  /** 0 when no reply may come. */
  readonly status: number;
  readonly headers?: MetadataExpectation;
  readonly trailers?: MetadataExpectation;
  readonly body?: TextMatch;
  readonly error?: TextMatch;
}

/** What the API server must have said to an object. */
export interface AdmissionExpectation {
  readonly accepted: boolean;
  readonly message?: TextMatch;
}

/** What one attempt must have been, in order of arrival. */
export interface AttemptExpectation {
  readonly status?: StatusName;
  readonly trailersOnly?: boolean;
  /** The grpc-timeout that arrived with it, in milliseconds. */
  readonly deadlineMs?: NumberMatch;
}

/** What the sample services must have written down about the RPC. */
export interface LedgerExpectation {
  /** How often the RPC reached a service; 0 for never. */
  readonly attempts: number;
  /** The Deployment that every attempt reached. */
  readonly service?: string;
  /** The Deployments that the attempts reached, one for each, sorted by name. */
  readonly services?: readonly string[];
  readonly perAttempt?: readonly AttemptExpectation[];
  /** Request metadata, as each attempt saw it. */
  readonly metadata?: MetadataExpectation;
  readonly authority?: TextMatch;
  /** The grpc-timeout that arrived, in milliseconds; null when none may arrive. */
  readonly deadlineMs?: NumberMatch | null;
  /** The subject alternative names of the client's certificate as a proxyless server saw them; null for none. */
  readonly peerIdentity?: TextMatch | null;
  /** Request messages that the last attempt received. */
  readonly received?: number;
  /** Their sequence numbers ascend by one (of the first 100). */
  readonly inOrder?: true;
  /** Reply messages that the last attempt's server has begun to send. */
  readonly sent?: NumberMatch;
  readonly halfClosed?: boolean;
  /** The RPC ended before the last attempt's server had sent its status. */
  readonly cancelled?: boolean;
}

/** What the gateway's access log must say: one line for the RPC, null for a field that must be empty. */
export type GatewayExpectation = Readonly<Partial<Record<AccessLogField, TextMatch | NumberMatch | null>>>;

/** What the gateway's own configuration must say. */
export interface ConfigurationExpectation {
  readonly question: ConfigurationQuestion;
  readonly answer: TextMatch;
}

/** How the RPCs of a case that makes several must be spread. */
export interface SpreadExpectation {
  /** Over how many pods, by the ledger's word. */
  readonly pods?: number;
  /** How many RPCs each of them must at least have answered; default 1. */
  readonly atLeastEach?: number;
  /** How many of them the servers had at once when they had the most, from their arrival to their status. */
  readonly atOnce?: NumberMatch;
  /** How many RPCs each Deployment must have answered, by its own word in the trailers. */
  readonly services?: Readonly<Record<string, NumberMatch>>;
}

/** A RST_STREAM that must be there. */
export interface ResetExpectation {
  readonly by: Party;
  /** HTTP/2 error code, or those that are as good. */
  readonly code: number | readonly number[];
}

/** What one leg's frames must show of each RPC. */
export interface LegExpectation {
  /** What the request's bytes are; default HTTP/2. Else what they look like. */
  readonly protocol?: 'HTTP/2' | RegExp;
  /** Streams, which are the attempts; 0 when nothing of the RPC may be seen. */
  readonly streams?: number;
  /** All RST_STREAM frames of the RPC, in their order. None, unless they are harmless, if empty. */
  readonly resets?: readonly ResetExpectation[];
  /** Where the last stream's response has its END_STREAM; `never` if it was broken off. */
  readonly responseEnds?: ResponseEnd;
}

/** A trailers-only response is one block of headers that ends the stream (gRPC over HTTP/2, "Responses"). */
export type ResponseEnd = 'trailers' | 'trailers-only' | 'data' | 'never';

/**
 * What the frames of both legs must show, beside the rule for every RPC that must succeed: no reset outside the table
 * of docs/frames.md, no GOAWAY with an error, no connection that ends under it, nothing but HTTP/2.
 */
export interface FramesExpectation {
  readonly client?: LegExpectation;
  readonly backend?: LegExpectation;
  /** GOAWAY frames that must be seen on a leg while the case lasts. */
  readonly goaways?: readonly { readonly leg: Leg; readonly by: Party; readonly code: number }[];
  /** What the case has a party do, by its script; it is no finding. */
  readonly ordered?: readonly OrderedEnd[];
}

/** What all witnesses must say. Each call of a case must meet it. */
export interface Expectation {
  readonly rpc?: RpcExpectation;
  readonly tls?: TlsExpectation;
  readonly http?: HttpExpectation;
  readonly admission?: AdmissionExpectation;
  readonly ledger?: LedgerExpectation;
  /** `no line` when the gateway's HTTP layer may not even have seen it. */
  readonly gateway?: GatewayExpectation | 'no line';
  /** A case that has them runs through taps in every run. */
  readonly frames?: FramesExpectation;
  /**
   * What the gateway's access log must say of the preflight that a real browser makes for the first call: one line.
   * None may follow for further calls of the case, since its answer holds for them too.
   */
  readonly preflight?: GatewayExpectation | 'no line';
  readonly configuration?: readonly ConfigurationExpectation[];
  readonly spread?: SpreadExpectation;
  /** Over how many connections the RPCs of a case that makes several must have come to the gateway. */
  readonly connections?: NumberMatch;
  /** What the calls that a case's actions make must meet, by the name that the action gives them. */
  readonly meanwhile?: Readonly<
    Record<string, Omit<Expectation, 'meanwhile' | 'admission' | 'configuration'>>
  >;
}
