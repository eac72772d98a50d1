import { parseArgs } from 'node:util';

/** What `--storage` names, or undefined: LMDB in a directory that is removed at the end. @throws when it is not shared */
export function storageFrom(args: string[]): string | undefined {
  const { storage } = parseArgs({ args, options: { storage: { type: 'string' } } }).values;
  if (storage !== undefined && !/^(lmdb:|rediss?:\/\/|redis\+(sentinel|cluster):\/\/)/.test(storage)) {
    throw new Error(`--storage must be shared by processes (lmdb:./directory, redis://host), and it is "${storage}".`);
  }
  return storage;
}
