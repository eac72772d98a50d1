import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pause } from '../../support/pause.js';
import { writerFlagOf } from './data-file.js';
import { isRunning, isStopped } from './running-process.js';

/**
 * A commit takes less than a millisecond, and longer on a busy machine; whoever takes longer than this is stopped, or too busy to
 * say that it is over.
 */
const LONGEST_MS = 250;

const LOOK_EVERY_MS = 1;

const WRITING = Buffer.from('w');
const IDLE = Buffer.from('-');
/**
 * What stands behind that: whether the process has known no log, one in the file, or one in a file that is gone. Who only saw
 * flags that told of such a file hands that on, as he clears away those of the dead.
 */
const NO_LOG = '-';
const LOG = 'l';
const FORMER_LOG = 'f';

/**
 * Says whether this process is writing to a data file, and where it has known a log: a small file beside it, which ends with the
 * identity of the data file.
 *
 * Whoever writes raises it before he looks for the notice of somebody who opens the file, and who opens the file puts his
 * notice up before he looks for flags. So one of the two sees the other, whatever the order (Dekker's algorithm).
 */
export class WriterFlag {
  private readonly path: string;
  private readonly file: number;
  private writes = 0;
  private isLeaving = false;

  constructor(dataFile: string, identity: string, followsLog: boolean) {
    this.path = writerFlagOf(dataFile, `${process.pid}-${randomBytes(6).toString('hex')}`);
    this.file = openSync(this.path, 'wx');
    writeSync(this.file, `${IDLE.toString()}${followsLog ? FORMER_LOG : NO_LOG}${identity}`);
  }

  /** This process may have marks open from now on, in this file or in one that is gone. */
  know(isFormer: boolean): void {
    writeSync(this.file, isFormer ? FORMER_LOG : LOG, 1);
  }

  /** A write begins. */
  raise(): void {
    if (this.writes === 0) writeSync(this.file, WRITING, 0, 1, 0);
    this.writes++;
  }

  /** A write is over. */
  lower(): void {
    if (--this.writes > 0) return;
    writeSync(this.file, IDLE, 0, 1, 0);
    if (this.isLeaving) this.remove();
  }

  /** This process will begin no write any more. */
  leave(): void {
    this.isLeaving = true;
    if (this.writes === 0) this.remove();
  }

  private remove(): void {
    closeSync(this.file);
    rmSync(this.path, { force: true });
  }
}

/**
 * Returns when no other process that writes to this file has its flag up, or has had it up for as long as no write takes: false
 * if one of those is stopped, and may be so for ever. This process itself has no part in it: what it has open it does not open
 * again.
 */
export function waitForWriters(dataFile: string, identity: string | undefined): boolean {
  let writers = writersOf(dataFile, identity);
  for (let waited = 0; waited < LONGEST_MS && writers.length > 0; waited += LOOK_EVERY_MS) {
    pause(LOOK_EVERY_MS);
    writers = writersOf(dataFile, identity);
  }
  return !writers.some(isStopped);
}

/**
 * Whether somebody has known a log in a data file that was at this path; with an identity, in another one than that. Who died
 * may have, too.
 */
export function hasHadLog(dataFile: string, identity?: string): boolean {
  return flagsOf(dataFile).some(({ path }) => {
    const { known, file } = readFlag(path);
    return known === FORMER_LOG || (known === LOG && file !== identity);
  });
}

/** The processes that are writing, without this one. */
function writersOf(dataFile: string, identity: string | undefined): readonly number[] {
  const writing = flagsOf(dataFile).filter(({ path, pid }) => {
    if (pid === process.pid) return false;
    if (!isRunning(pid)) {
      rmSync(path, { force: true });
      return false;
    }
    const { isWriting, file } = readFlag(path);
    return isWriting && file === identity;
  });
  return writing.map(({ pid }) => pid);
}

function flagsOf(dataFile: string): readonly { readonly path: string; readonly pid: number }[] {
  const directory = dirname(dataFile);
  const prefix = basename(writerFlagOf(dataFile, ''));
  const names = readdirSync(directory).filter((name) => name.startsWith(prefix));
  return names.map((name) => ({ path: join(directory, name), pid: Number.parseInt(name.slice(prefix.length), 10) }));
}

/** What a flag says; nothing when its process has left. */
function readFlag(path: string) {
  const text = textOf(path);
  return { isWriting: text.startsWith(WRITING.toString()), known: text.charAt(1), file: text.slice(2) };
}

/** Empty when its process has left. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
