import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Arrival } from './arrivals.ts';
import type { Connection } from './connections.ts';
import type { Goaway } from './contract.ts';

/** The faults a script can order. What they look like on the wire is fixed by test/services/faults.test.ts. */

const MAX_STREAM_ID = 0x7fff_ffff;
const GOAWAY_FRAME = 7;

/** RST_STREAM with any code. Nothing happens if the stream is closed already. */
export function resetStream(stream: ServerHttp2Stream, code: number): void {
  if (!stream.closed) stream.close(code);
}

/** Whether the frame says that the RPC it is sent for will not be processed. */
export function disowns(goaway: Goaway): boolean {
  return goaway.last_stream === 'LAST_STREAM_BEFORE_THIS';
}

/** GOAWAY on the RPC's connection. Nothing happens if the connection is gone. */
export async function sendGoaway({ stream, connection }: Arrival, goaway: Goaway): Promise<void> {
  const debugData = Buffer.from(goaway.debug_data, 'latin1');
  const lastStreamId = lastStreamIdOf(goaway, stream.id ?? 0);
  if (lastStreamId > 0) {
    stream.session?.goaway(goaway.code, lastStreamId, debugData);
    return;
  }
  // node:http2 takes 0 for "the newest stream", so the frame that disowns a connection's first stream is written
  // by hand. The session flushes whole frames within one turn of the event loop, hence after the next one.
  connection.refusing = true;
  await new Promise((resolve) => setImmediate(resolve));
  if (!connection.socket.destroyed) connection.socket.write(goawayFrame(0, goaway.code, debugData));
}

/** Closes the TCP connection with all streams on it, by FIN or, if `abort`, by RST. */
export function closeConnection({ socket }: Connection, abort: boolean): void {
  if (abort) socket.resetAndDestroy();
  else socket.destroy();
}

/** What a server does with streams that come after its GOAWAY (RFC 9113, section 6.8). */
export function refuseStream(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
}

function lastStreamIdOf(goaway: Goaway, own: number): number {
  switch (goaway.last_stream) {
    case 'LAST_STREAM_THIS':
      return own;
    case 'LAST_STREAM_BEFORE_THIS':
      // Clients number their streams 1, 3, 5.
      return Math.max(0, own - 2);
    case 'LAST_STREAM_MAX':
      return MAX_STREAM_ID;
  }
}

function goawayFrame(lastStreamId: number, code: number, debugData: Buffer): Buffer {
  const frame = Buffer.alloc(17 + debugData.length);
  frame.writeUIntBE(8 + debugData.length, 0, 3);
  frame.writeUInt8(GOAWAY_FRAME, 3);
  frame.writeUInt32BE(lastStreamId, 9);
  frame.writeUInt32BE(code, 13);
  debugData.copy(frame, 17);
  return frame;
}
