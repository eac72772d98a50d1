import { MAX_DEPARTURES } from '../engine/departures.js';
import type { Absence, Finding, Presence } from '../engine/finding.js';
import type { ZooCachePosition } from '../engine/position.js';
import type { Culprit } from '../engine/recent-records.js';
import type { NameTable } from '../tags/table-words.js';
import type { Tag } from '../tags/tag.js';
import { keyOf, namespaceOf, prefixTag, spellingOf } from '../tags/user-tag.js';
import { dependencyInWords } from './dependency-words.js';
import { describeAbsence, describePresence } from './sentences.js';
import { explainTables, isOfWholeDatabase, type ExplainedTable, type WriteKind } from './write-words.js';

/** The write that made an answer worthless. */
export interface ExplainedWrite {
  /**
   * What it was: what it did to its table, or `'several'` for a transaction that wrote several tables; `'invalidate()'`,
   * `'clear()'` and `'set() or delete()'` for these calls; `'whole database'` for a statement that was not understood at all.
   */
  readonly kind: WriteKind | 'whole database' | 'invalidate()' | 'clear()' | 'set() or delete()';
  /** The tables it wrote, each with its rows and columns. */
  readonly tables: readonly ExplainedTable[];
  /** The tags of users that it invalidated. */
  readonly tags: readonly string[];
  /** What the answer depended on that this write changed, spelled as in {@link CachedExplanation.dependencies}. */
  readonly met: readonly string[];
  /** `'open'`: its COMMIT is on its way; `'rolled back'`: the answer was asked for while nobody knew that it would be. */
  readonly outcome: 'committed' | 'open' | 'rolled back';
  /** Its position in the log of invalidations. */
  readonly position: ZooCachePosition;
  /** How many milliseconds ago this process heard of it. */
  readonly agoMs: number;
}

/** An answer is cached and valid. */
export interface CachedExplanation {
  /** What was asked about: the key, or `Class.method(arguments)`. */
  readonly key: string;
  readonly isCached: true;
  /** Where the log of invalidations stood when the answer was computed: nothing it depends on was written since. */
  readonly since: ZooCachePosition;
  /** What the answer depends on, in words: `Product`, `Product:42`, `Product.category = 'books'`, `reports:daily`. */
  readonly dependencies: readonly string[];
  /** Milliseconds until it expires; `null` when it does not. Of what a shared storage alone holds, its whole lifetime. */
  readonly expiresInMs: number | null;
  /** Why the read before was not answered from the cache; undefined when nothing is known of one. */
  readonly lastMiss: MissExplanation | undefined;
  /** All of it in a sentence. */
  readonly summary: string;
}

/** Nothing valid is cached. */
export interface MissExplanation {
  /** What was asked about: the key, or `Class.method(arguments)`. */
  readonly key: string;
  readonly isCached: false;
  /**
   * Why.
   *
   * - `never-loaded`: nobody has asked for it, or its first load is running;
   * - `expired`: its lifetime was over;
   * - `evicted`: it had to make room; `maxBytes` and `maxEntries` bound the storage;
   * - `invalidated`: something it depended on was written, see {@link by};
   * - `bypassed`: the last read went past the cache or its answer was not stored, see {@link because};
   * - `deleted`: by `delete()`, `pop()` or `touch(key, 0)`;
   * - `forgotten`: never loaded, or longer ago than the last 10,000 that left; of long keys nothing is remembered.
   */
  readonly reason: Absence['reason'];
  /** For `invalidated`, the write that did it; undefined when it is longer ago than is remembered. */
  readonly by: ExplainedWrite | undefined;
  /** For `bypassed`, the reason under which `stats().bypasses` counts it, or why the answer was not stored. */
  readonly because: string | undefined;
  /** How many milliseconds ago it came to that; undefined when it is not known, and always so. */
  readonly agoMs: number | undefined;
  /** All of it in a sentence. */
  readonly summary: string;
}

/** Whether something is cached, and why, or why not; frozen. */
export type Explanation = CachedExplanation | MissExplanation;

/** What the words of an explanation depend on. */
export interface Speech {
  readonly key: string;
  readonly prefix: string;
  readonly incarnation: string;
  readonly nameTable: NameTable;
}

/** Puts what an engine found into words. */
export function explanationOf(finding: Finding, speech: Speech): Explanation {
  return 'present' in finding ? cached(finding.present, speech) : miss(finding.absent, speech);
}

function cached(present: Presence, speech: Speech): CachedExplanation {
  const dependencies = words(present.tags, speech);
  const expiresInMs = present.expiresInMs === Infinity ? null : Math.max(0, Math.round(present.expiresInMs));
  return Object.freeze({
    key: speech.key,
    isCached: true,
    since: positionIn(speech, present.since),
    dependencies,
    expiresInMs,
    lastMiss: present.lastAbsence && miss(present.lastAbsence, speech),
    summary: describePresence(dependencies, expiresInMs),
  });
}

function miss(absent: Absence, speech: Speech): MissExplanation {
  const by = absent.reason === 'invalidated' && absent.by ? write(absent.by, speech) : undefined;
  const because = absent.reason === 'bypassed' ? absent.because : undefined;
  const agoMs = by?.agoMs ?? ('agoMs' in absent ? absent.agoMs : undefined);
  const known = { reason: absent.reason, by, because, agoMs };
  const summary = describeAbsence(known, MAX_DEPARTURES);
  return Object.freeze({ key: speech.key, isCached: false, ...known, summary });
}

function write({ record, outcome, met, agoMs }: Culprit & { readonly agoMs: number }, speech: Speech): ExplainedWrite {
  const { invalidation } = record;
  const { touches, sweeps } = invalidation;
  const tables = explainTables(invalidation, speech.nameTable);
  const tags = [...touches, ...sweeps].flatMap((tag) => spellingOf(speech.prefix, tag) ?? []);
  let kind: ExplainedWrite['kind'] = tables.length === 1 ? tables[0].kind : 'several';
  const isClearing = (tag: Tag): boolean => tag === prefixTag(speech.prefix) || namespaceOf(speech.prefix, tag) !== '';
  if (sweeps.some(isClearing)) kind = 'clear()';
  else if (touches.some((tag) => keyOf(speech.prefix, tag) !== undefined)) kind = 'set() or delete()';
  else if (isOfWholeDatabase(invalidation)) kind = 'whole database';
  else if (record.kind === 'invalidate' || tables.length === 0) kind = 'invalidate()';
  return Object.freeze({
    kind,
    tables,
    tags: Object.freeze(tags),
    met: words(met, speech),
    outcome,
    position: positionIn(speech, record.position),
    agoMs,
  });
}

function words(tags: Culprit['met'], { prefix, nameTable }: Speech): readonly string[] {
  return Object.freeze([...new Set(tags.map((tag) => dependencyInWords(tag, prefix, nameTable)))]);
}

function positionIn({ incarnation }: Speech, position: number): ZooCachePosition {
  return `${incarnation}:${position}` as ZooCachePosition;
}
