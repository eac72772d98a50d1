import type { Arguments } from '../arguments.js';
import type { FaultLog } from '../faults/faults.js';
import type { Findings, Violation } from './checker.js';
import type { ProcessHistory } from './history.js';
import { storyOf } from './story.js';

/** How many violations are told in full. */
const MOST = 5;

/**
 * Everything is asked twice of each process at rest, so half of it are hits even where none finds what the others stored: a
 * process may be the only one that has read the catalogue of an idle DataSource again.
 */
const LEAST_AT_REST = 0.4;

export interface Outcome {
  readonly args: Arguments;
  readonly findings: Findings;
  readonly histories: readonly ProcessHistory[];
  readonly faults: FaultLog;
  readonly rest: { readonly asked: number; readonly wrong: number; readonly hits: number };
  readonly crashes: readonly string[];
  readonly startedAt: number;
}

/** Everything a run found out, and whether it is good. */
export function reportOn(outcome: Outcome): { readonly text: string; readonly isGood: boolean } {
  const { args, findings, faults, rest, crashes } = outcome;
  const { violations, hits, reads } = findings;
  const hitRatio = hits / Math.max(1, reads);
  const restRatio = rest.hits / Math.max(1, rest.asked);
  const complaints = [
    ...(violations.length > 0 ? [`${violations.length} violations`] : []),
    ...(hitRatio < args.leastHits ? [`only ${percent(hitRatio)} hits: what is never cached is never stale`] : []),
    ...(restRatio < LEAST_AT_REST ? [`only ${percent(restRatio)} hits at rest`] : []),
    ...crashes,
  ];
  const lines = [
    ...table([
      ['reads through the cache', String(reads)],
      ['hits', `${percent(hitRatio)}, and ${percent(restRatio)} at rest`],
      ['writes', `${findings.writes}, of them ${findings.owedWrites} without the bus in reach`],
      ['a cached read', latency(findings.cachedMs)],
      ['a read of the database', latency(findings.directMs)],
      ['faults', [...faults.counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'none'],
      ['failed calls', summary(findings.failures)],
      ['violations', summary(kinds(violations))],
    ]),
    ...violations.slice(0, MOST).flatMap((violation) => ['', ...told(violation, outcome)]),
    '',
    complaints.length === 0 ? `good (seed ${args.seed})` : `NOT GOOD (seed ${args.seed}): ${complaints.join('; ')}`,
  ];
  return { text: lines.join('\n'), isGood: complaints.length === 0 };
}

/** A violation, with what is known of its row for some time before and a moment after. */
function told({ kind, process, at, what, slot }: Violation, { startedAt, histories, faults }: Outcome): string[] {
  const head = `${process} ${at === Infinity ? '' : `at ${seconds(at - startedAt)} `}${kind}: ${what}`;
  if (slot === undefined) return [head];
  const story = storyOf(slot, at - 3_000_000, at + 50_000, histories, faults).slice(-60);
  return [head, ...story.map((event) => `    ${seconds(event.at - startedAt)}  ${event.what}`)];
}

function kinds(violations: readonly Violation[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { kind } of violations) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function summary(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 6).map(([what, count]) => `${count} ${what.slice(0, 110)}`);
  if (sorted.length > shown.length) shown.push(`${sorted.length - shown.length} other kinds`);
  return shown.join('\n') || 'none';
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  return rows.flatMap(([name, value]) =>
    value.split('\n').map((line, at) => `${(at === 0 ? name : '').padEnd(26)}${line}`),
  );
}

function latency(sortedMs: readonly number[]): string {
  if (sortedMs.length === 0) return 'none';
  const at = (part: number): string => sortedMs[Math.floor(part * (sortedMs.length - 1))].toFixed(1);
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms`;
}

function seconds(micros: number): string {
  return `${(micros / 1_000_000).toFixed(3)} s`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
