import type { status as Code } from '@grpc/grpc-js';

/**
 * The messages of proto/meshproof/control/v1/control.proto as @grpc/proto-loader hands them out (field names
 * kept, 64-bit integers as numbers, enums by name, absent fields at their defaults). What they mean is written
 * in the .proto file.
 */

export interface Metadatum {
  readonly key: string;
  readonly value: string;
  readonly binary_value: Buffer;
}

export interface Detail {
  readonly type_url: string;
  readonly value: Buffer;
}

export interface ScriptedStatus {
  /** Or any other number: a script may try what gRPC does not define. */
  readonly code: Code;
  readonly message: string;
  readonly details: readonly Detail[];
  readonly trailing_metadata: readonly Metadatum[];
  readonly after_headers: boolean;
}

export type LastStream = 'LAST_STREAM_THIS' | 'LAST_STREAM_BEFORE_THIS' | 'LAST_STREAM_MAX';

export type DroppedFrames = 'DROPPED_FRAMES_DATA' | 'DROPPED_FRAMES_WINDOW_UPDATE' | 'DROPPED_FRAMES_PING';

export interface Goaway {
  readonly code: number;
  readonly last_stream: LastStream;
  readonly debug_data: string;
}

/** `step` names the field that is set. A step with none, or with one unknown to this version, has no `step`. */
export type Step =
  | { readonly step: 'headers'; readonly headers: { readonly metadata: readonly Metadatum[] } }
  | {
      readonly step: 'messages';
      readonly messages: {
        readonly count: number;
        readonly payload_bytes: number;
        readonly interval_ms: number;
      };
    }
  | { readonly step: 'wait'; readonly wait: { readonly ms: number } }
  | { readonly step: 'status'; readonly status: ScriptedStatus }
  | { readonly step: 'reset'; readonly reset: { readonly code: number } }
  | { readonly step: 'goaway'; readonly goaway: Goaway }
  | { readonly step: 'close_connection'; readonly close_connection: { readonly abort: boolean } }
  | { readonly step: 'drop_frames'; readonly drop_frames: { readonly frames: DroppedFrames } }
  | { readonly step: 'await_half_close' }
  | { readonly step: 'await_messages'; readonly await_messages: { readonly count: number } }
  | { readonly step: 'echo'; readonly echo: { readonly count: number } }
  | { readonly step: 'answer' }
  | { readonly step?: undefined };

export interface Script {
  readonly steps: readonly Step[];
  readonly fail_first: { readonly attempts: number; readonly steps: readonly Step[] } | null;
  readonly ignore_deadline: boolean;
  readonly respond_with_deadline: boolean;
  readonly before_request: boolean;
  readonly compress: string;
}

export interface MessageSeen {
  readonly bytes: number;
  readonly sequence: number;
  readonly at: number;
}

/** One RPC in the ledger; see message Entry. */
export interface Entry {
  id: string;
  revision: number;
  case_id: string;
  rpc_id: string;
  request_id: string;
  attempt: number;
  service: string;
  method: string;
  path: string;
  authority: string;
  scheme: string;
  peer: string;
  deployment: string;
  pod: string;
  version: string;
  stream_id: number;
  connection: number;
  request_metadata: Metadatum[];
  grpc_timeout: string;
  deadline_ms: number;
  envoy_attempt_count: number;
  started: number;
  headers_sent: number;
  half_close_seen: number;
  cancelled: number;
  reset_received: number;
  reset_sent: number;
  status_sent: number;
  ended: number;
  closed: boolean;
  received_count: number;
  received_bytes: number;
  received: MessageSeen[];
  sent_count: number;
  sent_bytes: number;
  sent: MessageSeen[];
  status_code: number;
  status_message: string;
  trailers_only: boolean;
  goaways_sent: number[];
  connection_closed: boolean;
  steps_done: number;
  failed_on_purpose: boolean;
  connection_lost: boolean;
  http_method: string;
  http_status: number;
  peer_identity: string;
  tapped: boolean;
}

/** What a tap saw; see message Sighting. */
export interface Sighting {
  readonly case_id: string;
  readonly rpc_id: string;
  readonly pod: string;
  readonly connection: number;
  readonly stream_id: number;
  readonly at: number;
  readonly timeline: string;
}

export interface SightRequest {
  readonly sighting: Sighting;
}

export interface SightingsRequest {
  readonly rpc_ids: readonly string[];
  readonly nameless_from: number;
  readonly nameless_until: number;
}

export interface SightingsReply {
  readonly sightings: readonly Sighting[];
}

export interface OpenRequest {
  readonly entry: Entry;
}

export interface OpenReply {
  readonly attempt: number;
}

export interface WriteRequest {
  readonly entry: Entry;
}

export interface ListRequest {
  readonly case_id: string;
  readonly rpc_id: string;
  readonly request_id: string;
  readonly limit: number;
}

export interface ListReply {
  readonly entries: readonly Entry[];
  readonly left_out: number;
}

export interface ForgetRequest {
  readonly case_id: string;
}

export interface ForgetReply {
  readonly forgotten: number;
}
