import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { monotonicClock } from '../../support/clock.js';
import { pause } from '../../support/pause.js';
import { noticeOf, removeFile, unusableFile } from './data-file.js';
import { isRunning } from './running-process.js';

/** Opening takes some ten milliseconds. Who has not come to an end by then is stopped, or never will. */
const LONGEST_MS = 1_000;

const LOOK_EVERY_MS = 1;

/**
 * Says that somebody is opening a data file: a file beside it that holds the id of his process. One at a time does.
 *
 * Who dies or is stopped meanwhile leaves it up, and may have done harm, or do it when he goes on (see `LmdbEnvironment`).
 * Whoever waits for him then removes the data file: everybody follows to a new one, of which the other knows nothing.
 */
export class OpeningNotice {
  private readonly file: string;
  private readonly own = `${process.pid} ${randomUUID()}`;

  constructor(private readonly dataFile: string) {
    this.file = noticeOf(dataFile);
  }

  isUp(): boolean {
    return existsSync(this.file);
  }

  /** Resolves once nobody is opening the file. */
  async untilDown(): Promise<void> {
    for (const patience = new Patience(this); this.isUp(); patience.look()) await after(LOOK_EVERY_MS);
  }

  /** Does at once what must not be done beside others who open the file, or write to it: in its turn, while the notice is up. */
  during<T>(open: () => T): T {
    for (const patience = new Patience(this); !this.putUp(); patience.look()) pause(LOOK_EVERY_MS);
    try {
      return open();
    } finally {
      this.takeDown();
    }
  }

  /** The same for what takes longer, and has to be done also where no notice can be put up: the directory may be gone. */
  async duringAll(close: () => Promise<void>): Promise<void> {
    try {
      for (const patience = new Patience(this); !this.putUp(); patience.look()) await after(LOOK_EVERY_MS);
    } catch {
      return close();
    }
    try {
      await close();
    } finally {
      this.takeDown();
    }
  }

  /** Of whoever has put it up now, and of nobody else; empty while he is about to write it, undefined when it is not up. */
  text(): string | undefined {
    try {
      return readFileSync(this.file, 'latin1');
    } catch {
      return undefined;
    }
  }

  /** Leaves the data file behind, and whoever was opening it by this text; another one may be at it by now. */
  giveUp(text: string): void {
    removeFile(this.dataFile);
    if (this.text() === text) rmSync(this.file, { force: true });
  }

  /** False while another one is up. */
  private putUp(): boolean {
    try {
      writeFileSync(this.file, this.own, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw unusableFile(this.dataFile, error);
    }
  }

  private takeDown(): void {
    if (this.text() === this.own) rmSync(this.file, { force: true });
  }
}

/** What somebody who waits has seen of the notice. */
class Patience {
  private seen: string | undefined;
  private since = 0;

  constructor(private readonly notice: OpeningNotice) {}

  /** Gives up on an author who is gone, or has been at it for too long. */
  look(): void {
    const text = this.notice.text();
    const now = monotonicClock.now();
    if (text !== this.seen) {
      this.seen = text;
      this.since = now;
    }
    if (text !== undefined && (now - this.since > LONGEST_MS || isGone(text))) this.notice.giveUp(text);
  }
}

function isGone(text: string): boolean {
  const pid = Number.parseInt(text, 10);
  return !Number.isNaN(pid) && !isRunning(pid);
}
