import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Recorder } from '../../src/frames/tap/recorder.ts';
import { ConnectionLog } from '../../src/frames/timeline/connection-log.ts';
import type { Sender } from '../../src/frames/wire/protocol.ts';
import { hasTshark } from './capture.ts';
import { pcapOf, PORTS, type Chunk } from './pcap.ts';
import { answer, call, listening, startHttp2, type Handler } from './tap/servers.ts';

const SENDERS: readonly Sender[] = ['client', 'server'];

/** What passes between a client and a server of node:http2. */
async function capture(handler: Handler, body: Buffer): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  await using server = await startHttp2(handler);
  const proxy = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    const pass = (from: Sender, sink: Socket) => (bytes: Buffer) => {
      sink.write(bytes);
      chunks.push({ from, bytes });
    };
    near.on('data', pass('client', far));
    far.on('data', pass('server', near));
    for (const socket of [near, far]) {
      socket
        .on('error', () => undefined)
        .on('close', () => {
          near.destroy();
          far.destroy();
        });
    }
  });
  await using listener = await listening(proxy);
  await call(listener.port, 'rpc-1', { body });
  return chunks;
}

interface Reading {
  /** `type stream length` of each frame of each end. */
  readonly frames: Record<Sender, string[]>;
  /** `name: value` of each field of each end. */
  readonly fields: Record<Sender, string[]>;
}

function byTshark(file: string): Reading {
  const columns = [
    'tcp.srcport',
    'http2.type',
    'http2.streamid',
    'http2.length',
    'http2.header.name',
    'http2.header.value',
  ];
  const text = execFileSync(
    'tshark',
    [
      ...[
        '-r',
        file,
        '-d',
        `tcp.port==${PORTS.server},http2`,
        '-Y',
        'http2',
        '-T',
        'fields',
        '-E',
        'aggregator=|',
      ],
      ...columns.flatMap((column) => ['-e', column]),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  ).toString();
  const reading: Reading = { frames: { client: [], server: [] }, fields: { client: [], server: [] } };
  for (const line of text.trimEnd().split('\n')) {
    const [port = '', ...cells] = line.split('\t');
    const [types = [], streams = [], lengths = [], names = [], values = []] = cells.map((cell) =>
      cell === '' ? [] : cell.split('|'),
    );
    const from = Number(port) === PORTS.client ? 'client' : 'server';
    // The preface is a "stream" without a type.
    const real = streams.slice(streams.length - types.length);
    reading.frames[from].push(...types.map((type, i) => `${Number(type)} ${real[i]} ${lengths[i]}`));
    reading.fields[from].push(...names.map((name, i) => `${name}: ${values[i]}`));
  }
  return reading;
}

function byUs(chunks: readonly Chunk[]): Reading {
  const reading: Reading = { frames: { client: [], server: [] }, fields: { client: [], server: [] } };
  const [forFrames, forFields] = [new Recorder(), new Recorder()];
  for (const { from, bytes } of chunks) {
    forFrames.bytes(from, bytes);
    forFields.bytes(from, bytes);
  }
  for (const item of forFrames.take()) {
    if (item.kind !== 'frame') continue;
    const { type, streamId, length } = item.frame.header;
    reading.frames[item.from].push(`${type} ${streamId} ${length}`);
  }
  const log = new ConnectionLog({ leg: 'client', number: 1, openedAtMs: 0, tls: '' }, forFields);
  for (const event of log.timeline().streams.flatMap(({ events }) => events)) {
    if (event.kind !== 'HEADERS') continue;
    expect(event.fault).toBeUndefined();
    reading.fields[event.from].push(...event.fields.map(([name, value]) => `${name}: ${value}`));
  }
  return reading;
}

const manyHeaders: Handler = (stream) => {
  const fields = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`x-field-${i}`, 'v'.repeat(i * 20)]),
  );
  stream.on('error', () => undefined).resume();
  stream.respond({ ':status': 200, ...fields }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...fields }));
  stream.end(Buffer.alloc(100_000, 3));
};
const cancelled: Handler = (stream) => {
  stream.on('error', () => undefined).respond({ ':status': 200 });
  stream.write('x', () => stream.close(8));
};

test.skipIf(!hasTshark()).each<[string, Handler, Buffer]>([
  ['a unary RPC', answer, Buffer.alloc(5)],
  ['header blocks of many frames and messages of many segments', manyHeaders, Buffer.alloc(50_000, 9)],
  ['a stream that is reset', cancelled, Buffer.alloc(5)],
])(
  'tshark reads the same frames and fields (skipped where tshark is not installed): %s',
  async (_, handler, body) => {
    const chunks = await capture(handler, body);
    const folder = mkdtempSync(join(tmpdir(), 'meshproof-test-'));
    try {
      const file = join(folder, 'capture.pcap');
      writeFileSync(file, pcapOf(chunks));
      const [theirs, ours] = [byTshark(file), byUs(chunks)];
      for (const from of SENDERS) {
        expect(ours.frames[from].length).toBeGreaterThan(2);
        expect(ours.frames[from]).toEqual(theirs.frames[from]);
        expect(ours.fields[from]).toEqual(theirs.fields[from]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
