import { deflateSync, gzipSync } from 'node:zlib';

const COMPRESSORS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  deflate: deflateSync,
};

/** Whether replies can be compressed so; empty is not at all. */
export const isCompression = (name: string): boolean => name === '' || Object.hasOwn(COMPRESSORS, name);

/** A message in gRPC's framing with its Compressed-Flag set (gRPC PROTOCOL-HTTP2.md), which grpc-js has no server for. */
export function compressedFrame(name: string, message: Buffer): Buffer {
  const compressed = COMPRESSORS[name]?.(message) ?? message;
  const frame = Buffer.alloc(5 + compressed.length);
  frame.writeUInt8(1, 0);
  frame.writeUInt32BE(compressed.length, 1);
  compressed.copy(frame, 5);
  return frame;
}
