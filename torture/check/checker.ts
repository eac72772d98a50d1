import type { FaultLog } from '../faults/faults.js';
import type { Answer, Entry, ReadKind } from '../world/journal.js';
import type { RowState, Slot } from '../world/states.js';
import type { ProcessHistory } from './history.js';
import { Timeline } from './timeline.js';

/*
 * What is held against whom
 * =========================
 *
 * Every row has a stamp that each of its states raises, deletion included, so "older" is a comparison of numbers. A read
 * must not tell a state older than what is known to have been committed before the read began:
 *
 *   - `strict`: what somebody's write had been acknowledged with;
 *   - `transparent`: that, and whatever anybody had seen by then, in the database or through a cache;
 *   - `bounded`: the same, as of so long before the read began.
 *
 * That a row is missing from a list is told like a state: right if the row had, from the oldest state that may be told on,
 * any state in which it does not belong there. Sums over rows that are never deleted only grow.
 *
 * Writes of a process that reached the database and not the bus are owed; until it has paid they count for itself only.
 * What somebody else has written upon them tells of himself what he changed, and not what the other did: a row that was
 * moved by the one and renamed by the other may be missing where it was moved to.
 */

/** What was found to be wrong, for a person. */
export interface Violation {
  readonly kind: 'older than it may be' | 'never committed' | 'changed in a snapshot' | 'wrong at rest' | 'too slow';
  readonly process: string;
  readonly at: number;
  readonly what: string;
  readonly slot?: Slot;
}

/** What the checker counted, beside violations. */
export interface Findings {
  readonly violations: readonly Violation[];
  readonly reads: number;
  readonly writes: number;
  readonly owedWrites: number;
  readonly failures: ReadonlyMap<string, number>;
  /** Of the reads through the cache. */
  readonly hits: number;
  /** Of reads through the cache and past it, in milliseconds, sorted; without those of stopped processes. */
  readonly cachedMs: readonly number[];
  readonly directMs: readonly number[];
}

export interface Rules {
  readonly level: 'transparent' | 'strict' | 'bounded';
  readonly boundMs: number;
  /** How much longer than its budget and the slowest answer of the database a read may take, in milliseconds. */
  readonly slackMs: number;
}

/** How long a read may wait for anything but the database, in milliseconds. */
const BUDGET_MS = 100;

type Read = Extract<Entry, { what: 'read' }>;

interface Known extends RowState {
  readonly writer?: string;
  readonly at: number;
  /** Somebody has seen it, or was told that it is committed. */
  readonly isSure: boolean;
  /** Until then the writer may owe its invalidation. */
  readonly owedUntil: number;
}

export class Checker {
  /** Every state that a row is known to have had, or may have had. */
  private readonly states = new Map<Slot, Map<number, Known>>();
  private readonly unknown = new Map<Slot, number[]>();
  private readonly timelines = new Map<string, Timeline>();
  private readonly violations: Violation[] = [];
  private readonly failures = new Map<string, number>();
  private writes = 0;
  private owedWrites = 0;

  constructor(
    private readonly histories: readonly ProcessHistory[],
    private readonly faults: FaultLog,
    private readonly rules: Rules,
  ) {}

  check(): Findings {
    for (const history of this.histories) this.learnWrites(history);
    // What the database told first, as it decides between what was attempted.
    for (const kind of ['direct', 'cached'] as const) {
      for (const history of this.histories) this.learnReads(history, kind);
    }
    const cachedMs: number[] = [];
    const directMs: number[] = [];
    let reads = 0;
    let hits = 0;
    let lagMs = 0;
    for (const { name, entries } of this.histories) {
      let figures: Extract<Entry, { what: 'figures' }> | undefined;
      for (const entry of entries) {
        if (entry.what === 'read') {
          if (entry.kind === 'cached') reads++;
          this.judge(name, entry);
          if (!this.wasStopped(name, entry)) {
            (entry.kind === 'cached' ? cachedMs : directMs).push((entry.to - entry.from) / 1_000);
          }
        } else if (entry.what === 'figures') {
          figures = entry;
          lagMs = Math.max(lagMs, entry.lagMs);
        } else this.judgeOther(name, entry);
      }
      hits += figures?.hits ?? 0;
    }
    cachedMs.sort((a, b) => a - b);
    directMs.sort((a, b) => a - b);
    this.judgeSlowness((directMs.at(-1) ?? 0) + 2 * lagMs);
    const { violations, failures, writes, owedWrites } = this;
    return { violations, reads, writes, owedWrites, failures, hits, cachedMs, directMs };
  }

  private learnWrites({ name, entries }: ProcessHistory): void {
    const attempts = new Map<number, Extract<Entry, { what: 'attempt' }>>();
    const unanswered = new Map<number, Extract<Entry, { what: 'sent' }>>();
    for (const entry of entries) {
      if (entry.what === 'sent') unanswered.set(entry.number, entry);
      else if (entry.what === 'attempt') {
        attempts.set(entry.number, entry);
        unanswered.delete(entry.number);
        for (const state of entry.states) this.know(state, entry.at, name);
      } else if (entry.what === 'acknowledged') {
        const attempt = attempts.get(entry.number)!;
        const owedUntil = this.owedUntil(name, attempt.at, entry.at);
        this.writes++;
        if (owedUntil > 0) this.owedWrites++;
        for (const state of attempt.states) {
          this.know(state, attempt.at, name, owedUntil);
          this.witness(state, entry.at);
        }
      }
    }
    for (const { slots, at } of unanswered.values()) {
      for (const slot of slots) this.unknown.set(slot, [...(this.unknown.get(slot) ?? []), at]);
    }
  }

  private learnReads({ entries }: ProcessHistory, kind: ReadKind): void {
    for (const entry of entries) {
      if (entry.what !== 'read' || entry.kind !== kind) continue;
      for (const state of entry.answer.rows) {
        if (kind === 'direct' || this.mayBeUnheard(state, entry.to)) this.see(state, entry.to);
        else if (!this.states.get(state.slot)?.has(state.stamp)) this.know(state, 0);
        if (this.rules.level !== 'strict') this.witness(state, entry.to);
      }
    }
  }

  /** What was seen or acknowledged replaces what was only attempted: several may attempt to make the same state. */
  private know(state: RowState, at: number, writer?: string, owedUntil?: number): void {
    let ofSlot = this.states.get(state.slot);
    if (ofSlot === undefined) this.states.set(state.slot, (ofSlot = new Map()));
    const known = ofSlot.get(state.stamp);
    if (known?.isSure === true) return;
    const isSure = writer === undefined || owedUntil !== undefined;
    ofSlot.set(state.stamp, { ...state, at, writer, isSure, owedUntil: owedUntil ?? 0 });
  }

  /** The database told it, so of all attempts that make such a state it is the one with this note that was committed. */
  private see(state: RowState, at: number): void {
    const known = this.states.get(state.slot)?.get(state.stamp);
    if (known?.isSure === true) return;
    if (known === undefined || known.note !== state.note) this.know(state, 0);
    else this.know(state, known.at, known.writer, this.owedUntil(known.writer!, known.at, at));
  }

  /**
   * Whether it is what a statement made whose process was killed before it heard of it. That may have waited for another
   * process, which was killed when it had attempted the same state and not committed it.
   */
  private mayBeUnheard({ slot, stamp, note }: RowState, until: number): boolean {
    const known = this.states.get(slot)?.get(stamp);
    if (known === undefined || known.isSure || known.note === note) return false;
    return this.unknown.get(slot)?.some((at) => at < until) === true;
  }

  /** From then on nobody may be told an older state: its writer at once, others once it is not owed any more. */
  private witness({ slot, stamp }: RowState, at: number): void {
    const { writer, owedUntil } = this.states.get(slot)!.get(stamp)!;
    if (owedUntil > at && writer !== undefined) this.timeline(slot, placeOf(writer)).add(at, stamp);
    this.timeline(slot).add(Math.max(at, owedUntil), stamp);
  }

  /** Of what everybody must know, or of what only one place of the fleet must. */
  private timeline(slot: Slot, place = ''): Timeline {
    const key = `${slot} ${place}`;
    let timeline = this.timelines.get(key);
    if (timeline === undefined) this.timelines.set(key, (timeline = new Timeline()));
    return timeline;
  }

  private least(slot: Slot, reader: string, from: number): number {
    const at = from - this.rules.boundMs * 1_000;
    const own = this.timelines.get(`${slot} ${placeOf(reader)}`)?.least(at) ?? 0;
    return Math.max(own, this.timelines.get(`${slot} `)?.least(at) ?? 0);
  }

  /** The oldest state by which the row's keeper may be told: one who renamed it does not say who moved it before. */
  private leastOfKeeper(slot: Slot, reader: string, from: number): number {
    const least = this.least(slot, reader, from);
    const states = [...(this.states.get(slot)?.values() ?? [])]
      .filter(({ stamp }) => stamp <= least)
      .sort((one, other) => other.stamp - one.stamp);
    let oldest = least;
    for (const [at, { keeperId, writer, owedUntil }] of states.entries()) {
      const before = states.at(at + 1);
      if (before === undefined || before.keeperId === keeperId) continue;
      if (owedUntil <= from || writer === undefined || placeOf(writer) === placeOf(reader)) break;
      oldest = before.stamp;
    }
    return oldest;
  }

  private owedUntil(name: string, from: number, to: number): number {
    let until = 0;
    for (const partition of this.faults.partitions) {
      if (partition.of === name && partition.from < to && from < partition.to) until = Math.max(until, partition.to);
    }
    return until;
  }

  private wasStopped(name: string, { from, to }: Read): boolean {
    return this.faults.stops.some((stop) => stop.of === name && stop.from < to && from < stop.to + 500_000);
  }

  private judge(name: string, read: Read): void {
    if (read.kind === 'direct') return;
    const { answer, from } = read;
    const told = new Set<Slot>();
    for (const row of answer.rows) {
      told.add(row.slot);
      this.judgeRow(name, read, row);
    }
    if (answer.missing !== undefined) this.judgeAbsence(name, read, answer.missing);
    if (answer.sum !== undefined) {
      const least = this.slots('k').reduce((sum, slot) => sum + this.least(slot, name, from), 0);
      if (answer.sum < least) this.violate(name, read, `${answer.sum}, and all versions are ${least} at least`);
    }
    if (answer.animalsOf === undefined) return;
    if (answer.count === undefined) {
      for (const slot of this.slots('a')) if (!told.has(slot)) this.judgeAbsence(name, read, slot, answer.animalsOf);
    } else this.judgeCount(name, read, answer, answer.animalsOf);
  }

  private judgeRow(name: string, read: Read, { slot, stamp, note }: RowState): void {
    const least = this.least(slot, name, read.from);
    if (stamp < least) this.violate(name, read, `${slot} is ${stamp}, and ${least} at least was known`, slot);
    const known = this.states.get(slot)?.get(stamp);
    if (known?.note !== note) {
      const what = `${read.name}: ${slot} at ${stamp} is ${note}, and ${known?.note} was committed`;
      this.violations.push({ kind: 'never committed', process: name, at: read.from, what, slot });
    }
  }

  /** Whether the row may not have been there, or, if a keeper is given, not have been of that keeper. */
  private judgeAbsence(name: string, read: Read, slot: Slot, keeperId?: number): void {
    const from = keeperId === undefined ? this.least(slot, name, read.from) : this.leastOfKeeper(slot, name, read.from);
    if (this.mayBeAbsent(slot, from, read, keeperId)) return;
    const among = keeperId === undefined ? '' : ` of ${keeperId}`;
    this.violate(
      name,
      read,
      `${slot} is missing${among}, and has been there from ${this.least(slot, name, read.from)} on`,
      slot,
    );
  }

  private judgeCount(name: string, read: Read, { count }: Answer, keeperId: number): void {
    const sure: Slot[] = [];
    const possible: Slot[] = [];
    for (const slot of this.slots('a')) {
      const from = this.leastOfKeeper(slot, name, read.from);
      if (!this.mayBeAbsent(slot, from, read, keeperId)) sure.push(slot);
      if (this.mayBe(slot, from, read, (state) => state.keeperId === keeperId)) possible.push(slot);
    }
    if (count! < sure.length || count! > possible.length) {
      this.violate(name, read, `${count}, but there were ${sure.join()} at least, and ${possible.join()} at most`);
    }
  }

  private mayBeAbsent(slot: Slot, least: number, read: Read, keeperId?: number): boolean {
    return this.mayBe(
      slot,
      least,
      read,
      (state) => state.keeperId === undefined || (keeperId !== undefined && state.keeperId !== keeperId),
    );
  }

  /** Whether the row had such a state, from the given one on and before the read was over, as far as anybody knows. */
  private mayBe(slot: Slot, least: number, read: Read, isSo: (state: Known) => boolean): boolean {
    for (const state of this.states.get(slot)!.values()) {
      if (state.stamp >= least && state.at <= read.to && isSo(state)) return true;
    }
    // Nobody knows what a write that failed half way made of it.
    return this.unknown.get(slot)?.some((at) => at > read.from - 10_000_000 && at < read.to + 10_000_000) ?? false;
  }

  private slots(letter: string): Slot[] {
    return [...this.states.keys()].filter((slot) => slot.startsWith(letter));
  }

  private judgeOther(name: string, entry: Exclude<Entry, Read>): void {
    if (entry.what === 'failed') {
      const key = `${entry.name}: ${entry.message}`;
      this.failures.set(key, (this.failures.get(key) ?? 0) + 1);
    } else if (entry.what === 'unrepeatable') {
      this.violations.push({ kind: 'changed in a snapshot', process: name, at: entry.at, what: entry.told });
    } else if (entry.what === 'rest') {
      const what = `${entry.name}: ${entry.cached} is cached, ${entry.direct} is true`;
      this.violations.push({ kind: 'wrong at rest', process: name, at: Infinity, what });
    }
  }

  private judgeSlowness(usualMs: number): void {
    const limitMs = BUDGET_MS + usualMs + this.rules.slackMs;
    for (const { name, entries } of this.histories) {
      for (const entry of entries) {
        if (entry.what !== 'read' || entry.kind !== 'cached' || this.wasStopped(name, entry)) continue;
        const tookMs = (entry.to - entry.from) / 1_000;
        if (tookMs <= limitMs) continue;
        const what = `${entry.name} took ${Math.round(tookMs)} ms, and ${Math.round(limitMs)} ms is what it may`;
        this.violations.push({ kind: 'too slow', process: name, at: entry.from, what });
      }
    }
  }

  private violate(process: string, read: Read, what: string, slot?: Slot): void {
    this.violations.push({ kind: 'older than it may be', process, at: read.from, what: `${read.name}: ${what}`, slot });
  }
}

/** Processes that follow each other at one place are one: the later one finds in the database what the earlier one wrote. */
function placeOf(process: string): string {
  return process.split('.')[0];
}
