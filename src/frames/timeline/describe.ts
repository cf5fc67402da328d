import type { Field } from '../hpack/static-table.ts';
import { frameName, settingsText } from '../wire/frame-fields.ts';
import { quoted } from '../wire/looks-like.ts';
import { errorCode } from '../wire/protocol.ts';
import type { FrameEvent } from './events.ts';

/** One event in a few words, without its time and sender. */
export function describeEvent(event: FrameEvent): string {
  switch (event.kind) {
    case 'HEADERS':
      return `HEADERS ${headersText(event.fields)}${end(event)}${event.fault === undefined ? '' : ` (${event.fault})`}`;
    case 'DATA':
      return `DATA ${event.bytes} bytes${event.padding > 0 ? `, ${event.padding} of padding` : ''}${end(event)}`;
    case 'RST_STREAM':
      return `RST_STREAM ${errorCode(event.code)}`;
    case 'GOAWAY':
      return `GOAWAY ${errorCode(event.code)}, last stream ${event.lastStreamId}${event.debugData === '' ? '' : ` ${quoted(event.debugData)}`}`;
    case 'SETTINGS':
      return event.ack ? 'SETTINGS ACK' : `SETTINGS ${settingsText(event.values)}`.trimEnd();
    case 'PING':
      return event.ack ? 'PING ACK' : 'PING';
    case 'WINDOW_UPDATE':
      return `WINDOW_UPDATE +${event.increment}`;
    case 'PRIORITY':
      return `PRIORITY after ${event.dependsOn}, weight ${event.weight}`;
    case 'PUSH_PROMISE':
      return `PUSH_PROMISE of stream ${event.promisedStreamId}`;
    case 'UNKNOWN':
      return `frame of unknown ${frameName(event.type)}, ${event.bytes} bytes`;
    case 'NOT_HTTP2':
      return `not HTTP/2: ${event.looksLike}, ${event.bytes} bytes; ${event.reason}`;
    case 'FAULT':
      return `FAULT ${event.fault}, at byte ${event.offset}`;
    case 'OMITTED':
      return `(${event.frames} frames of ${event.bytes} bytes in all, counted only)`;
    case 'NOTE':
      return `(tap: ${event.text})`;
    case 'END':
      return event.how === 'FIN' ? 'FIN: sends no more' : 'RST: connection reset';
  }
}

const end = ({ endStream }: { readonly endStream: boolean }): string => (endStream ? ' END_STREAM' : '');

/** What tells one block from another: the request line, the HTTP status, the gRPC status. */
function headersText(fields: readonly Field[]): string {
  const value = (name: string): string | undefined => fields.find(([each]) => each === name)?.[1];
  const method = value(':method');
  if (method !== undefined) return `${method} ${value(':path') ?? ''}`;
  const grpcStatus = value('grpc-status');
  const message = value('grpc-message') ?? '';
  return [
    ...(value(':status') === undefined ? [] : [`:status ${value(':status') ?? ''}`]),
    ...(grpcStatus === undefined ? [] : [`grpc-status ${grpcStatus}`]),
    ...(message === '' ? [] : [quoted(message)]),
    ...(value(':status') === undefined && grpcStatus === undefined ? [`of ${fields.length} fields`] : []),
  ].join(' ');
}
