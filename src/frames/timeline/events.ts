import type { Field } from '../hpack/static-table.ts';
import type { HowEnded } from '../tap/recorder.ts';
import type { Sender } from '../wire/protocol.ts';

/** What an event is about. Plain data, so that a sample service can send it to the harness as JSON. */
export type EventDetail =
  | {
      readonly kind: 'HEADERS';
      readonly fields: readonly Field[];
      readonly endStream: boolean;
      /** Why the fields are not all, or not right. */
      readonly fault?: string;
    }
  | {
      readonly kind: 'DATA';
      /** Octets without padding. */
      readonly bytes: number;
      readonly endStream: boolean;
      readonly padding: number;
      /** The first octets in hexadecimal, at most 16; empty when the stream had used up its share. */
      readonly begin: string;
    }
  | { readonly kind: 'RST_STREAM'; readonly code: number }
  | {
      readonly kind: 'GOAWAY';
      readonly lastStreamId: number;
      readonly code: number;
      readonly debugData: string;
    }
  | {
      readonly kind: 'SETTINGS';
      readonly ack: boolean;
      readonly values: readonly (readonly [id: number, value: number])[];
    }
  | { readonly kind: 'PING'; readonly ack: boolean; readonly data: string }
  | { readonly kind: 'WINDOW_UPDATE'; readonly increment: number }
  | { readonly kind: 'PRIORITY'; readonly dependsOn: number; readonly weight: number }
  | { readonly kind: 'PUSH_PROMISE'; readonly promisedStreamId: number; readonly fields: readonly Field[] }
  | { readonly kind: 'UNKNOWN'; readonly type: number; readonly bytes: number }
  /** From here on this direction does not carry HTTP/2. */
  | {
      readonly kind: 'NOT_HTTP2';
      readonly reason: string;
      readonly looksLike: string;
      readonly bytes: number;
      /** Octets before it in this direction. */
      readonly offset: number;
      /** The first of them, as latin1. */
      readonly text: string;
    }
  /** A frame that RFC 9113 does not allow. */
  | { readonly kind: 'FAULT'; readonly fault: string; readonly offset: number }
  /** Frames that were counted and not kept, up to `untilMs`. */
  | { readonly kind: 'OMITTED'; readonly frames: number; readonly bytes: number; readonly untilMs: number }
  /** What the tap itself did. */
  | { readonly kind: 'NOTE'; readonly text: string }
  /** This end sends no more. */
  | { readonly kind: 'END'; readonly how: HowEnded };

/** Something that happened on a connection, before it has its place among the others. */
export type UnorderedEvent = EventDetail & {
  /** Milliseconds since 1970, with fractions. */
  readonly atMs: number;
  readonly from: Sender;
  /** 0 for the connection. */
  readonly streamId: number;
};

/** Something that happened on a connection. */
export type FrameEvent = UnorderedEvent & {
  /** Ascends over all events of the connection: several may share one chunk of bytes, and so their time. */
  readonly order: number;
};

/** An event of one kind. */
export type EventOf<Kind extends EventDetail['kind']> = Extract<FrameEvent, { readonly kind: Kind }>;

/** Which of the two connections of an RPC: client to gateway, or gateway to service. */
export type Leg = 'client' | 'backend';

/** One end of a leg, by what it is. */
export type Party = 'client' | 'gateway' | 'backend';

/** Who an end of a connection is. */
export function partyOf(leg: Leg, sender: Sender): Party {
  if (leg === 'client') return sender === 'client' ? 'client' : 'gateway';
  return sender === 'client' ? 'gateway' : 'backend';
}

/** A connection with all that is known of it. */
export interface ConnectionTimeline {
  readonly leg: Leg;
  /** From 1, in the order in which the tap saw them. */
  readonly number: number;
  readonly openedAtMs: number;
  /** The pod that accepted it, where that is known. Each pod numbers its own connections. */
  readonly pod?: string;
  /** Such as `h2 by ALPN, SNI grpc.example.com`; empty without TLS, or where TLS is not the tap's. */
  readonly tls: string;
  /** Of the connection itself: SETTINGS, PING, GOAWAY, its end, bytes that are not HTTP/2. */
  readonly events: readonly FrameEvent[];
  readonly streams: readonly StreamTimeline[];
  /** Something was not kept that decides outcomes. */
  readonly incomplete: boolean;
}

/** One stream's own events, in order. */
export interface StreamTimeline {
  readonly streamId: number;
  readonly events: readonly FrameEvent[];
}
