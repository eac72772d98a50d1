import { isDeepStrictEqual } from 'node:util';
import type { ZooCacheService } from 'nestjs-zoocache';
import type { EntityManager } from 'typeorm';

/** What figures are kept by. */
export interface ReadKind {
  readonly group: string;
  readonly name: string;
  /** Whose tables it reads. */
  readonly entities: readonly (new () => object)[];
}

/** One read that may be cached. */
export interface CachedRead {
  readonly kind: ReadKind;
  /** Tells it from the others of its kind. */
  readonly key: string;
  ask(manager: EntityManager): Promise<unknown>;
}

/** What became of the reads of one kind. */
export interface Tally {
  hits: number;
  misses: number;
  /** Misses of answers that had been there before. */
  drops: number;
  /** Drops of answers that the database would have given again. */
  needless: number;
}

/** One way of caching, and what it held last. */
class Arm {
  readonly tallies = new Map<ReadKind, Tally>();
  private readonly held = new Map<string, { readonly answer: unknown; readonly read: CachedRead }>();
  /** What writes have dropped since, and whether the database answered the same right after that write. */
  private readonly dropped = new Map<string, boolean>();

  constructor(
    private readonly cache: ZooCacheService,
    private readonly name: string,
    private readonly tagsOf: (read: CachedRead) => readonly string[],
  ) {}

  /** The answer, and whether the cache had it. */
  async ask(read: CachedRead, manager: EntityManager): Promise<{ answer: unknown; isHit: boolean }> {
    const key = `${this.name}/${read.kind.name}/${read.key}`;
    let isHit = true;
    const load = (): Promise<unknown> => {
      isHit = false;
      return read.ask(manager);
    };
    const answer = await this.cache.getOrLoad(key, load, { tags: this.tagsOf(read), ttl: 'never' });
    const tally = this.tallyOf(read.kind);
    if (isHit) tally.hits++;
    else {
      tally.misses++;
      const drawn = comparable(answer);
      const held = this.held.get(key);
      if (held !== undefined) {
        tally.drops++;
        if (this.dropped.get(key) ?? isDeepStrictEqual(held.answer, drawn)) tally.needless++;
      }
      this.held.set(key, { answer: drawn, read });
      this.dropped.delete(key);
    }
    return { answer, isHit };
  }

  /** Asks right after a write for what it dropped: later ones may change back what it has changed. */
  async noticeDrops(manager: EntityManager): Promise<void> {
    for (const [key, { answer, read }] of this.held) {
      if (this.dropped.has(key) || (await this.cache.has(key))) continue;
      const fresh = await this.cache.bypass(() => read.ask(manager));
      this.dropped.set(key, isDeepStrictEqual(answer, comparable(fresh)));
    }
  }

  private tallyOf(kind: ReadKind): Tally {
    let tally = this.tallies.get(kind);
    if (tally === undefined) this.tallies.set(kind, (tally = { hits: 0, misses: 0, drops: 0, needless: 0 }));
    return tally;
  }
}

/**
 * The same reads cached twice in one application: with the dependencies that the library finds by itself, and with the
 * tags of whole tables beside them, which every write to a table invalidates.
 */
export class SideBySide {
  private readonly fine: Arm;
  private readonly byTable: Arm;
  /** Hits that were compared with the database, and were wrong. */
  readonly stale: string[] = [];

  /** @param checksHits whether every hit is compared with what the database answers, which takes far longer. */
  constructor(
    private readonly cache: ZooCacheService,
    private readonly manager: EntityManager,
    private readonly checksHits = false,
  ) {
    this.fine = new Arm(cache, 'fine', () => []);
    this.byTable = new Arm(cache, 'table', ({ kind }) => kind.entities.map(({ name }) => name));
  }

  async ask(read: CachedRead): Promise<void> {
    const { answer, isHit } = await this.fine.ask(read, this.manager);
    await this.byTable.ask(read, this.manager);
    if (!isHit || !this.checksHits) return;
    const fresh = await this.cache.bypass(() => read.ask(this.manager));
    if (!isDeepStrictEqual(comparable(answer), comparable(fresh))) this.stale.push(`${read.kind.name} ${read.key}`);
  }

  /** To be called after each write. What whole tables drop needlessly is judged by the next read of it alone. */
  noticeDrops(): Promise<void> {
    return this.fine.noticeDrops(this.manager);
  }

  /** Forgets the figures, and not the answers: what follows is counted in a cache that is warm. */
  startCounting(): void {
    for (const { tallies } of [this.fine, this.byTable]) tallies.clear();
  }

  get figures(): SideBySideFigures {
    return { fine: this.fine.tallies, byTable: this.byTable.tallies };
  }
}

/** The figures of both ways of caching. */
export interface SideBySideFigures {
  readonly fine: ReadonlyMap<ReadKind, Readonly<Tally>>;
  readonly byTable: ReadonlyMap<ReadKind, Readonly<Tally>>;
}

/** The tallies of some kinds together. */
export function sumOf(
  tallies: ReadonlyMap<ReadKind, Readonly<Tally>>,
  which: (kind: ReadKind) => boolean = () => true,
): Tally {
  const sum: Tally = { hits: 0, misses: 0, drops: 0, needless: 0 };
  for (const [kind, tally] of tallies) {
    if (which(kind)) for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] += tally[name];
  }
  return sum;
}

export function hitRatio({ hits, misses }: Tally): number {
  return hits / Math.max(1, hits + misses);
}

/**
 * Lists in the order of their ids: where nobody asked for an order databases give any, and where somebody did the column
 * it goes by is in the answer.
 */
function comparable(answer: unknown): unknown {
  if (Array.isArray(answer)) {
    const parts = answer.map(comparable);
    return parts.every(hasId) ? parts.sort((a, b) => a.id - b.id) : parts;
  }
  if (typeof answer !== 'object' || answer === null) return answer;
  return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, comparable(value)]));
}

function hasId(value: unknown): value is { id: number } {
  return typeof (value as { id?: unknown } | null)?.id === 'number';
}
