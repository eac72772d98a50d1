import * as zlib from 'node:zlib';

/** How the bytes of a value are compressed; the numbers stand in the bytes. */
export const Compression = { none: 0, deflate: 1, zstd: 2 } as const;

/** Node has zstd since 22.15 and 23.8. */
interface ZlibWithZstd {
  zstdCompressSync?: (bytes: Uint8Array, options: object) => Buffer;
  zstdDecompressSync?: (bytes: Uint8Array, options: object) => Buffer;
}

const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as ZlibWithZstd;

/** What this Node compresses with: zstd where it has it, deflate elsewhere. */
export const BEST_COMPRESSION = zstdCompressSync === undefined ? Compression.deflate : Compression.zstd;

/** The bytes, compressed for speed. */
export function compress(bytes: Uint8Array, compression: number): Uint8Array {
  return compression === Compression.zstd
    ? zstdCompressSync!(bytes, { params: { 100: 1 } })
    : zlib.deflateRawSync(bytes, { level: 1 });
}

/**
 * The bytes as they were, in memory of their own; `undefined` where this Node cannot tell.
 *
 * @throws when the bytes are none of this compression, or more than they are said to be.
 */
export function decompress(bytes: Uint8Array, compression: number, size: number): Buffer | undefined {
  const options = { maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size) };
  if (compression === Compression.deflate) return zlib.inflateRawSync(bytes, options);
  return compression === Compression.zstd ? zstdDecompressSync?.(bytes, options) : undefined;
}
