import { StreamableFile } from '@nestjs/common';

/** Whether a handler's result can be read only once: files, streams, async iterables and web responses. */
export function isStream(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  if (result instanceof StreamableFile || Symbol.asyncIterator in result) return true;
  const { pipe, getReader, getStream, arrayBuffer } = result as Readonly<Record<string, unknown>>;
  return [pipe, getReader, getStream, arrayBuffer].some((member) => typeof member === 'function');
}
