import type { LmdbEnvironment, Table, Tables } from '../../drivers/lmdb/lmdb-environment.js';

/** Looking costs about 20 us, so it is done once for so many writes, or for a share of the room. */
const WRITES_BETWEEN = 64;
const SHARE_BETWEEN = 1 / 64;

/** Expired rows taken by one sweep: twice what was written since the one before, so that it catches up. */
const EXPIRED_AT_ONCE = 2 * WRITES_BETWEEN;

/** Rows taken by one sweep for lack of room. It bounds the commit, which other writers wait for. */
const EVICTED_AT_ONCE = 4096;

const TIME_BYTES = 8;

/** What lmdb tells of a table's pages. */
interface PageStatistics {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly entryCount: number;
}

/**
 * Takes from a storage what has expired, and what is next to expire while there is more than fits.
 *
 * Every put leaves a row that begins with the time of the value's expiry, so both are found at the beginning of one
 * table, whoever stored them, and no write looks at more rows than it has to take. A put in place of another leaves the
 * former's row behind: when its time comes, the value is another one's, as its version shows, and stays. Among values of
 * one lifetime the oldest goes first, and a use does not save it: a use would have to be written down, and reads are to
 * write nothing.
 *
 * Bytes are counted in pages, which LMDB counts anyway, for all processes. Pages that became free are used again, except
 * those that a reader might still see, so slots of dead readers are cleared before more is taken.
 */
export class ExpirySweep {
  private writes = 0;
  private bytes = 0;
  private isRunning = false;

  constructor(
    private readonly environment: LmdbEnvironment,
    private readonly maxBytes: number,
  ) {}

  /** Called for every put; resolves when what it led to is committed. */
  async afterWrite(bytes: number, now: number): Promise<void> {
    this.writes++;
    this.bytes += bytes;
    if (this.isRunning || (this.writes < WRITES_BETWEEN && this.bytes < this.maxBytes * SHARE_BETWEEN)) return;
    this.writes = 0;
    this.bytes = 0;
    this.isRunning = true;
    try {
      await this.run(now);
    } finally {
      this.isRunning = false;
    }
  }

  private async run(now: number): Promise<void> {
    this.environment.followFile();
    const { entries, expiries } = this.environment.tables;
    const evicted = this.rowsTooMany(entries, expiries);
    if (evicted > 0) entries.readerCheck();
    await this.environment.write((tables) => Promise.all(removals(tables, evicted, now)));
  }

  private rowsTooMany(entries: Table, expiries: Table): number {
    const rows = expiries.getStats() as PageStatistics;
    const excess = bytesOf(entries.getStats() as PageStatistics) + bytesOf(rows) - this.maxBytes;
    if (excess <= 0 || rows.entryCount === 0) return 0;
    const bytesPerRow = (excess + this.maxBytes) / rows.entryCount;
    // Room for what may come before the next sweep: of large values few, or all would have to leave for one.
    const coming = Math.min(WRITES_BETWEEN, (this.maxBytes * SHARE_BETWEEN) / bytesPerRow);
    return Math.min(Math.ceil(excess / bytesPerRow + coming), EVICTED_AT_ONCE);
  }
}

/** Takes what has expired from the tables, and what is next to: so many rows at least. */
function removals({ entries, expiries }: Tables, evicted: number, now: number): Promise<boolean>[] {
  const removed: Promise<boolean>[] = [];
  for (const row of expiries.getKeys({ start: FIRST, limit: Math.max(evicted, EXPIRED_AT_ONCE) })) {
    const expiry = row.readDoubleBE();
    if (expiry > now && removed.length >= 2 * evicted) break;
    removed.push(expiries.remove(row), entries.remove(row.subarray(TIME_BYTES), expiry));
  }
  return removed;
}

/** The row of a value that expires then. Times are positive, and the bytes of positive numbers sort like them. */
export function expiryRow(expiry: number, key: Buffer): Buffer {
  const row = Buffer.allocUnsafe(TIME_BYTES + key.length);
  row.writeDoubleBE(expiry);
  row.set(key, TIME_BYTES);
  return row;
}

const FIRST = Buffer.alloc(1);

function bytesOf(pages: PageStatistics): number {
  return (pages.treeBranchPageCount + pages.treeLeafPageCount + pages.overflowPages) * pages.pageSize;
}
