import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ZooCacheError } from '../../errors/zoocache.error.js';

/**
 * The name of the file that holds an environment's data, and whether every commit must be flushed to disk.
 *
 * A commit that is not flushed takes microseconds and survives the end of every process, since the kernel has it. Only
 * the end of the kernel can lose or tear it, so a file belongs to one life of the kernel and carries its name. After a
 * restart of the machine the cache is empty, and so is the log: no process that wrote to the former one can be alive. On
 * a system that does not name its lives there is one file, and every commit of it is flushed.
 */
export interface DataFile {
  readonly name: string;
  readonly isFlushed: boolean;
}

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** Names the life of the kernel; `undefined` where it does not tell. */
export function readBootId(file: string = BOOT_ID_FILE): string | undefined {
  try {
    const [, bootId] = /^([0-9a-f-]{16,})\s*$/.exec(readFileSync(file, 'latin1')) ?? [];
    return bootId;
  } catch {
    return undefined;
  }
}

/** The data file of a life of the kernel. */
export function dataFileOf(bootId: string | undefined): DataFile {
  return bootId === undefined
    ? { name: 'zoocache.mdb', isFlushed: true }
    : { name: `zoocache-${bootId}.mdb`, isFlushed: false };
}

/**
 * Makes the directory if it is not there.
 *
 * @throws ZooCacheError `INVALID_OPTION` naming a directory that cannot be made or written to.
 */
export function makeDirectory(directory: string): void {
  try {
    makeMissing(directory);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new ZooCacheError('INVALID_OPTION', {
      what: 'The directory of an LMDB environment cannot be written to',
      name: directory,
      next: 'Let the user of this process write there, or name another directory',
      cause,
    });
  }
}

/** What `recursive` stands for, which never returns where a parent is there and takes no directory, as in `/proc`. */
function makeMissing(directory: string): void {
  if (isDirectory(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeMissing(parent);
  try {
    mkdirSync(directory);
  } catch (error) {
    // Another process may have made it just now.
    if (!isDirectory(directory)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What LMDB writes behind the header of the first page, which is longer or shorter in its versions. */
const MAGIC = Buffer.of(0xde, 0xc0, 0xef, 0xbe);
const HEADER_BYTES = 32;

/**
 * Makes an empty file, which LMDB takes for a new environment; leaves one that is there as it is.
 *
 * Everything that can keep LMDB from opening it is looked for here, as far as it can be: lmdb ends the process when it
 * cannot. The file of locks is not opened, because to close it would give up the locks that this process holds.
 *
 * @throws ZooCacheError `INVALID_OPTION` naming a file that cannot be made or written to, or is something else.
 */
export function makeFile(path: string): void {
  try {
    const file = openSync(path, 'a+');
    try {
      const start = Buffer.alloc(HEADER_BYTES);
      const isOurs = readSync(file, start, 0, HEADER_BYTES, 0) === 0 || start.includes(MAGIC);
      if (!isOurs) throw new Error('This is no file of LMDB');
    } finally {
      closeSync(file);
    }
    if (existsSync(`${path}-lock`)) accessSync(`${path}-lock`, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw unusableFile(path, cause);
  }
}

/** The error for a data file that is there, or nearly, and of no use. */
export function unusableFile(path: string, cause?: unknown): ZooCacheError {
  return new ZooCacheError('INVALID_OPTION', {
    what: 'The file of an LMDB environment cannot be opened',
    name: path,
    next: 'Look at the cause, or remove the directory while no process uses it: it holds nothing but a cache',
    cause,
  });
}

/** What tells a file from any other that has been or will be at its path, for as long as somebody has it open. */
export function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

/** Where the notice is that somebody is opening the file. */
export function noticeOf(path: string): string {
  return `${path}-opening`;
}

/** Where it says whether a process is writing to the file. */
export function writerFlagOf(path: string, writer: string): string {
  return `${path}-writer-${writer}`;
}

/** The sizes that pages of LMDB have on the machines there are; the second page begins there. */
const PAGE_SIZES = [4096, 8192, 16_384, 32_768, 65_536];
const META_BYTES = 512;

/**
 * The beginnings of the first two pages, of which every commit changes one, and perhaps of some others. Empty for a file in
 * which nothing was ever committed, or that is gone.
 */
export function metaPagesOf(path: string): Buffer {
  if (!existsSync(path)) return Buffer.alloc(0);
  const file = openSync(path, 'r');
  try {
    const pages = [0, ...PAGE_SIZES].map((at) => {
      const page = Buffer.alloc(META_BYTES);
      return page.subarray(0, readSync(file, page, 0, META_BYTES, at));
    });
    return Buffer.concat(pages);
  } finally {
    closeSync(file);
  }
}

/** Removes a data file, with its locks first: the next file must not be judged by what they say of this one. */
export function removeFile(path: string): void {
  for (const file of [`${path}-lock`, path]) rmSync(file, { force: true });
}

/**
 * Removes the data of former lives of the kernel.
 *
 * Called with one's own file in place, never before. Kernels that share a directory, which LMDB forbids, then cannot
 * both keep their files: whoever came later sees the file of the other, and who loses a file notices.
 */
export function removeOtherFiles(directory: string, own: string): void {
  for (const name of readdirSync(directory)) {
    const [, file] = /^(zoocache(?:-[0-9a-f-]+)?\.mdb)(?:-lock|-opening|-writer-.*)?$/.exec(name) ?? [];
    if (file !== undefined && file !== own) rmSync(join(directory, name), { force: true });
  }
}
