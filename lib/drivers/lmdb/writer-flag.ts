import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pause } from '../../support/pause.js';
import { writerFlagOf } from './data-file.js';
import { isRunning } from './running-process.js';

/** A commit takes less than a millisecond, and longer on a busy machine; whoever takes longer than this is stopped. */
const LONGEST_MS = 250;

const LOOK_EVERY_MS = 1;

const WRITING = Buffer.from('w');
const IDLE = Buffer.from('-');

/**
 * Says whether this process is writing to a data file: a file of one byte beside it.
 *
 * Whoever writes raises it before he looks for the notice of somebody who opens the file, and who opens the file puts his
 * notice up before he looks for flags. So one of the two sees the other, whatever the order (Dekker's algorithm).
 */
export class WriterFlag {
  private readonly path: string;
  private readonly file: number;
  private writes = 0;
  private isLeaving = false;

  constructor(dataFile: string) {
    this.path = writerFlagOf(dataFile, `${process.pid}-${randomBytes(6).toString('hex')}`);
    this.file = openSync(this.path, 'wx');
    writeSync(this.file, IDLE);
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
 * Returns when no other process has its flag up, or has had it up for as long as no write takes. This process itself has no
 * part in it: what it has open it does not open again.
 */
export function waitForWriters(dataFile: string): void {
  for (let waited = 0; waited < LONGEST_MS && isAnyoneWriting(dataFile); waited += LOOK_EVERY_MS) pause(LOOK_EVERY_MS);
}

function isAnyoneWriting(dataFile: string): boolean {
  const directory = dirname(dataFile);
  const prefix = basename(writerFlagOf(dataFile, ''));
  const flags = readdirSync(directory).filter((name) => name.startsWith(prefix));
  return flags.some((name) => {
    const path = join(directory, name);
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    if (pid === process.pid) return false;
    if (isRunning(pid)) return isUp(path);
    rmSync(path, { force: true });
    return false;
  });
}

function isUp(path: string): boolean {
  try {
    return readFileSync(path).equals(WRITING);
  } catch {
    // Its process has left.
    return false;
  }
}
