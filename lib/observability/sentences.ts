import type { Absence } from '../engine/finding.js';
import type { ExplainedTable } from './write-words.js';

/** More of anything than this is counted and not named. */
const MOST_NAMED = 5;

/** As much of an explanation as its sentence needs. */
interface Miss {
  readonly reason: Absence['reason'];
  readonly by: Write | undefined;
  readonly because: string | undefined;
  readonly agoMs: number | undefined;
}

interface Write {
  readonly kind: string;
  readonly tables: readonly ExplainedTable[];
  readonly tags: readonly string[];
  readonly outcome: 'committed' | 'open' | 'rolled back';
  readonly agoMs: number;
}

/** `cached, expires in 4m 58s; depends on Product:42, reports:daily`. */
export function describePresence(dependencies: readonly string[], expiresInMs: number | null): string {
  const lifetime = expiresInMs === null ? 'does not expire' : `expires in ${spanOf(expiresInMs)}`;
  return `cached, ${lifetime}; depends on ${dependencies.length === 0 ? 'nothing' : listOf(dependencies)}`;
}

/** `not cached: invalidated 3s ago by update of Product:42 (price)`. */
export function describeAbsence(miss: Miss, remembered: number): string {
  const ago = miss.agoMs === undefined ? '' : ` ${spanOf(miss.agoMs)} ago`;
  switch (miss.reason) {
    case 'never-loaded':
      return 'not cached: never loaded';
    case 'forgotten':
      return `not cached: never loaded, or longer ago than the last ${remembered.toLocaleString('en')} answers that left`;
    case 'expired':
      return `not cached: expired${ago}`;
    case 'evicted':
      return `not cached: evicted${ago} to make room; maxBytes and maxEntries bound the storage`;
    case 'deleted':
      return `not cached: deleted by hand${ago}`;
    case 'bypassed':
      return `not cached: bypassed${ago}, because: ${miss.because}`;
    case 'invalidated':
      return miss.by === undefined
        ? 'not cached: invalidated by a write that is longer ago than is remembered'
        : `not cached: invalidated${ago} by ${describeWrite(miss.by)}`;
  }
}

function describeWrite({ kind, tables, tags, outcome }: Write): string {
  const parts = tables.map(describeTable);
  if (kind === 'set() or delete()') return `${kind} of the key`;
  const calls = kind === 'invalidate()' || kind === 'clear()';
  const named = calls ? [...tags, ...tables.map(({ table, rows }) => rowsOf(table, rows))] : [...parts, ...tags];
  const unique = [...new Set(named)];
  const what = kind === 'whole database' ? 'a statement that may have written anything' : listOf(unique);
  const text = calls ? [kind, ...(unique.length > 0 ? [`of ${what}`] : [])].join(' ') : what;
  if (outcome === 'committed') return text;
  return outcome === 'open' ? `${text}, whose COMMIT is on its way` : `${text}, which was rolled back`;
}

function describeTable({ table, kind, rows, columns }: ExplainedTable): string {
  if (kind === 'whole table') return `a write to all of ${table}`;
  const verb = kind === 'unknown' ? 'write' : kind === 'several' ? 'several writes' : kind;
  const set = columns === 'some' || columns === 'all' || columns.length === 0 ? '' : ` (${listOf(columns)})`;
  return `${verb} of ${rowsOf(table, rows)}${set}`;
}

function rowsOf(table: string, rows: ExplainedTable['rows']): string {
  if (rows === 'all') return table;
  if (rows === 'some' || rows.length === 0) return `some ${table}`;
  return listOf(rows.map((row) => `${table}:${row}`));
}

function listOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ');
}

/** `250ms`, `4m 58s`, `2h 5m`: the two largest units, as durations are written. */
function spanOf(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  const units: [number, string][] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ];
  const from = units.findIndex(([size]) => ms >= size);
  let rest = ms;
  const parts: string[] = [];
  for (const [size, unit] of units.slice(from, from + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(' ');
}
