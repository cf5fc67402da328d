import type { Sender } from '../../src/frames/wire/protocol.ts';

/** Bytes of one direction, in the order in which both directions were seen. */
export interface Chunk {
  readonly from: Sender;
  readonly bytes: Buffer;
}

export const PORTS = { client: 40_000, server: 50_051 } as const;
const SEGMENT_BYTES = 1400;
/** LINKTYPE_RAW: each packet begins with its IP header. */
const RAW_IP = 101;

/** The chunks as a capture file: one TCP connection between 10.0.0.1 and 10.0.0.2, without its handshake. */
export function pcapOf(chunks: readonly Chunk[]): Buffer {
  const file = Buffer.alloc(24);
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(0x40000, 16);
  file.writeUInt32LE(RAW_IP, 20);
  const sent = { client: 1, server: 1 };
  const packets = chunks.flatMap(({ from, bytes }) => {
    const out: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += SEGMENT_BYTES) {
      const segment = bytes.subarray(at, at + SEGMENT_BYTES);
      out.push(packet(from, segment, sent[from], sent[from === 'client' ? 'server' : 'client']));
      sent[from] += segment.length;
    }
    return out;
  });
  const records = packets.flatMap((each, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_000_000 + i, 0);
    record.writeUInt32LE(each.length, 8);
    record.writeUInt32LE(each.length, 12);
    return [record, each];
  });
  return Buffer.concat([file, ...records]);
}

function packet(from: Sender, payload: Buffer, sequence: number, acknowledged: number): Buffer {
  const headers = Buffer.alloc(40);
  headers.writeUInt8(0x45, 0);
  headers.writeUInt16BE(headers.length + payload.length, 2);
  headers.writeUInt8(64, 8);
  headers.writeUInt8(6, 9);
  headers.writeUInt32BE(from === 'client' ? 0x0a000001 : 0x0a000002, 12);
  headers.writeUInt32BE(from === 'client' ? 0x0a000002 : 0x0a000001, 16);
  headers.writeUInt16BE(PORTS[from], 20);
  headers.writeUInt16BE(PORTS[from === 'client' ? 'server' : 'client'], 22);
  headers.writeUInt32BE(sequence, 24);
  headers.writeUInt32BE(acknowledged, 28);
  headers.writeUInt8(0x50, 32);
  headers.writeUInt8(0x18, 33);
  headers.writeUInt16BE(65_535, 34);
  return Buffer.concat([headers, payload]);
}
