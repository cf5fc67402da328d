import { statusCode, type StatusName } from './grpc-status.ts';
import { entriesOf, type MetadataToSend } from './metadata.ts';
import { controlMessage } from './protos.ts';

/**
 * One thing the server shall do, in the order given. Nothing is sent before a step says so. The meaning of each is
 * written beside the message of the same name in `proto/meshproof/control/v1/control.proto`.
 */
export type Step =
  /** Send the initial metadata now, in a HEADERS frame of its own. */
  | { readonly headers: MetadataToSend }
  /** Send reply messages: `count` (default 1) of `payloadBytes` each (default 0), `intervalMs` apart, counted from the first. */
  | {
      readonly messages: {
        readonly count?: number;
        readonly payloadBytes?: number;
        readonly intervalMs?: number;
      };
    }
  /** Wait so many milliseconds. */
  | { readonly wait: number }
  /** End the RPC. Without anything sent before, and without `afterHeaders`, this is a trailers-only reply. */
  | {
      readonly status: StatusName;
      readonly message?: string;
      readonly details?: readonly { readonly typeUrl: string; readonly value: string }[];
      readonly trailers?: MetadataToSend;
      readonly afterHeaders?: boolean;
    }
  /** Send RST_STREAM with this HTTP/2 error code (RFC 9113, section 7). */
  | { readonly reset: number }
  /** Send GOAWAY. `this` stream, the one `before` it, or 2^31-1 (`max`) is the last that will be processed. */
  | { readonly goaway: number; readonly lastStream: 'this' | 'before' | 'max' }
  /** Close the TCP connection, in order or by a TCP reset. */
  | { readonly closeConnection: 'fin' | 'reset' }
  /** Leave out the server's frames of this type, on the RPC's stream (PING: on its connection), from here on. */
  | { readonly drop: 'DATA' | 'WINDOW_UPDATE' | 'PING' }
  /** Read requests, without replying, until the client's half-close. */
  | { readonly awaitHalfClose: true }
  /** Read so many more requests without replying. */
  | { readonly awaitMessages: number }
  /** Reply to so many requests, as they come, with their own payload; `all` until the client's half-close. */
  | { readonly echo: number | 'all' }
  /** Reply as the method does without a script, up to, and without, the status. */
  | { readonly answer: true };

/** What the server shall do for one RPC. It travels with the RPC, so no case needs server code of its own. */
export interface Script {
  /** Default: answer, then OK. A script that does not end the RPC ends with OK. */
  readonly steps?: readonly Step[];
  /** Other steps for the first `attempts` tries of the RPC, counted over all pods. */
  readonly failFirst?: { readonly attempts: number; readonly steps: readonly Step[] };
  /** Go on when the deadline that the server was told has passed. */
  readonly ignoreDeadline?: boolean;
  /** Compress every reply message; a `grpc-encoding` among the headers of a step counts over its name. */
  readonly compress?: 'gzip' | 'deflate';
  /** Have the grpc-timeout that reached the server in the trailers, as `x-meshproof-grpc-timeout`. */
  readonly respondWithDeadline?: boolean;
}

const LAST_STREAM = {
  this: 'LAST_STREAM_THIS',
  before: 'LAST_STREAM_BEFORE_THIS',
  max: 'LAST_STREAM_MAX',
} as const;

/** The value of the metadata `x-meshproof-script-bin`: the serialized control message. */
export function encodeScript(script: Script): Buffer {
  return controlMessage('Script').serialize({
    steps: (script.steps ?? []).map(stepMessage),
    ...(script.failFirst === undefined
      ? {}
      : {
          fail_first: { attempts: script.failFirst.attempts, steps: script.failFirst.steps.map(stepMessage) },
        }),
    ignore_deadline: script.ignoreDeadline ?? false,
    respond_with_deadline: script.respondWithDeadline ?? false,
    compress: script.compress ?? '',
  });
}

function stepMessage(step: Step): object {
  if ('headers' in step) return { headers: { metadata: metadatumList(step.headers) } };
  if ('messages' in step) {
    const { count = 1, payloadBytes = 0, intervalMs = 0 } = step.messages;
    return { messages: { count, payload_bytes: payloadBytes, interval_ms: intervalMs } };
  }
  if ('wait' in step) return { wait: { ms: step.wait } };
  if ('status' in step) {
    return {
      status: {
        code: statusCode(step.status),
        message: step.message ?? '',
        details: (step.details ?? []).map(({ typeUrl, value }) => ({
          type_url: typeUrl,
          value: Buffer.from(value, 'base64'),
        })),
        trailing_metadata: metadatumList(step.trailers ?? {}),
        after_headers: step.afterHeaders ?? false,
      },
    };
  }
  if ('reset' in step) return { reset: { code: step.reset } };
  if ('goaway' in step) return { goaway: { code: step.goaway, last_stream: LAST_STREAM[step.lastStream] } };
  if ('closeConnection' in step) return { close_connection: { abort: step.closeConnection === 'reset' } };
  if ('drop' in step) return { drop_frames: { frames: `DROPPED_FRAMES_${step.drop}` } };
  if ('awaitHalfClose' in step) return { await_half_close: {} };
  if ('awaitMessages' in step) return { await_messages: { count: step.awaitMessages } };
  if ('echo' in step) return { echo: { count: step.echo === 'all' ? 0 : step.echo } };
  return { answer: {} };
}

const metadatumList = (metadata: MetadataToSend): object[] =>
  entriesOf(metadata).map(([key, value]) =>
    key.endsWith('-bin') ? { key, binary_value: Buffer.from(value, 'base64') } : { key, value },
  );
