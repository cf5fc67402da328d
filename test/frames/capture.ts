import { execFileSync } from 'node:child_process';
import type { CaseRecord } from '../../src/conformance/case-record.ts';
import type { FrameEvent, Leg } from '../../src/frames/timeline/events.ts';
import type { Sender } from '../../src/frames/wire/protocol.ts';

/** Frames of one stream, or GOAWAYs of one connection, as lines, by who sent them. */
type Lines = Record<Sender, string[]>;

/** By leg and RPC, such as `backend 7d1c...`; GOAWAYs of the client leg by `goaway 7d1c...`. */
export type Reading = Map<string, Lines>;

const RPC = 'x-meshproof-rpc';
const END_STREAM = 1;
/** Where the gateway and the services listen. */
const PORTS = ['80', '443', '50051'];

/** A packet in tshark's JSON, as far as it is read here; what there is one of stands alone, what there are many of in a list. */
interface Packet {
  readonly _source: {
    readonly layers: {
      readonly ip: { readonly 'ip.src': string; readonly 'ip.dst': string };
      readonly tcp: Readonly<Record<'tcp.stream' | 'tcp.srcport' | 'tcp.dstport', string>>;
      readonly http2?: OneOrMany<{ readonly 'http2.stream'?: OneOrMany<Frame> }>;
    };
  };
}

type OneOrMany<T> = T | readonly T[];

interface Frame {
  readonly 'http2.header'?: OneOrMany<Readonly<Record<string, string>>>;
  readonly [field: string]: unknown;
}

const list = <T>(value: OneOrMany<T> | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

const linesIn = (reading: Reading, key: string): Lines => {
  const lines = reading.get(key) ?? { client: [], server: [] };
  reading.set(key, lines);
  return lines;
};

/** Whether tshark is installed here. */
export function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * What tshark makes of a capture: the taps' own loopback is the client leg, what goes to port 50051 the backend leg.
 *
 * @param keys what it reads TLS with, in the format of SSLKEYLOGFILE
 */
export function byTshark(file: string, keys?: string): Reading {
  const decode = ['-d', 'tcp.port==50051,http2', '-d', 'tcp.port==80,http2', '-d', 'tcp.port==443,tls'];
  if (keys !== undefined) decode.push('-o', `tls.keylog_file:${keys}`);
  const form = ['-Y', 'http2', '-T', 'json', '--no-duplicate-keys', '-J', 'ip tcp http2'];
  const text = execFileSync('tshark', ['-r', file, ...decode, ...form], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 30,
  }).toString();
  const connections: Reading = new Map();
  const rpcs = new Map<string, string>();
  for (const { _source } of JSON.parse(text) as Packet[]) {
    const { ip, tcp, http2 } = _source.layers;
    const from = PORTS.includes(tcp['tcp.dstport']) ? 'client' : 'server';
    const accepting = from === 'client' ? ip['ip.dst'] : ip['ip.src'];
    const port = tcp[from === 'client' ? 'tcp.dstport' : 'tcp.srcport'];
    const leg = accepting.startsWith('127.') ? 'client' : port === '50051' ? 'backend' : undefined;
    if (leg === undefined) continue;
    for (const frame of list(http2).flatMap((each) => list(each['http2.stream']))) {
      const line = lineOf(frame);
      const key = `${leg} ${tcp['tcp.stream']} ${String(frame['http2.streamid'])}`;
      if (line !== undefined) linesIn(connections, key)[from].push(line);
      const header = list(frame['http2.header']).find((each) => each['http2.header.name'] === RPC);
      if (header !== undefined) rpcs.set(key, header['http2.header.value'] ?? '');
    }
  }
  const reading: Reading = new Map();
  for (const [key, rpcId] of rpcs) {
    const [leg = '', connection = ''] = key.split(' ');
    reading.set(`${leg} ${rpcId}`, connections.get(key) ?? { client: [], server: [] });
    const goaways = connections.get(`${leg} ${connection} 0`);
    if (leg === 'client' && goaways !== undefined) reading.set(`goaway ${rpcId}`, goaways);
  }
  return reading;
}

function lineOf(frame: Frame): string | undefined {
  const field = (name: string): number => Number(frame[`http2.${name}`]);
  const end = (field('flags') & END_STREAM) !== 0 ? ' END_STREAM' : '';
  switch (field('type')) {
    case 0:
      return `DATA ${field('length')}${end}`;
    case 1:
      return `HEADERS${end}`;
    case 3:
      return `RST_STREAM ${field('rst_stream.error')}`;
    case 7:
      return `GOAWAY ${field('goaway.last_stream_id')} ${field('goaway.error')}`;
    case 8:
      return field('streamid') === 0
        ? undefined
        : `WINDOW_UPDATE ${field('window_update.window_size_increment')}`;
    default:
      return undefined;
  }
}

/** What the taps wrote down of the same. */
export function byTaps(records: readonly CaseRecord[]): Reading {
  const reading: Reading = new Map();
  for (const { frames = [] } of records) {
    for (const { leg, events, streams } of frames) {
      for (const stream of streams) {
        const rpcId = rpcOf(stream.events);
        if (rpcId === undefined) continue;
        fill(reading, keyOf(leg, rpcId), stream.events);
        const goaways = events.filter(({ kind }) => kind === 'GOAWAY');
        if (leg === 'client' && goaways.length > 0) fill(reading, `goaway ${rpcId}`, goaways);
      }
    }
  }
  return reading;
}

const keyOf = (leg: Leg, rpcId: string): string => `${leg} ${rpcId}`;

const rpcOf = (events: readonly FrameEvent[]): string | undefined =>
  events
    .flatMap((event) => (event.kind === 'HEADERS' ? event.fields : []))
    .find(([name]) => name === RPC)?.[1];

function fill(reading: Reading, key: string, events: readonly FrameEvent[]): void {
  const lines = linesIn(reading, key);
  for (const event of events) {
    const line = lineOfEvent(event);
    if (line !== undefined) lines[event.from].push(line);
  }
}

function lineOfEvent(event: FrameEvent): string | undefined {
  switch (event.kind) {
    case 'DATA':
      return `DATA ${event.bytes + event.padding}${event.endStream ? ' END_STREAM' : ''}`;
    case 'HEADERS':
      return `HEADERS${event.endStream ? ' END_STREAM' : ''}`;
    case 'RST_STREAM':
      return `RST_STREAM ${event.code}`;
    case 'GOAWAY':
      return `GOAWAY ${event.lastStreamId} ${event.code}`;
    case 'WINDOW_UPDATE':
      return `WINDOW_UPDATE ${event.increment}`;
    default:
      return undefined;
  }
}
