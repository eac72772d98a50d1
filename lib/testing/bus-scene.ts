import assert from 'node:assert/strict';
import type { BusState, InvalidationBus, LogRecord, NewRecord, RecordKind } from '../bus/invalidation-bus.js';

/** What a check of a bus works with. */
export interface BusScene {
  /** A connection to the log that said hello, as everybody must before anything else. */
  readonly bus: InvalidationBus;
  /** Another one. */
  readonly other: InvalidationBus;
  /** Opens one that did not. */
  readonly open: () => Promise<InvalidationBus>;
  /** What all tags and transactions of this check start with, and none of another check. */
  readonly prefix: string;
  readonly patienceMs: number;
}

/** A title, and what must not reject. */
export type BusCheck = readonly [title: string, check: (scene: BusScene) => Promise<void>];

/** A record that touches the tags. */
export function recordOf(kind: RecordKind, transactionId: string, ...touches: readonly string[]): NewRecord {
  return { kind, transactionId, invalidation: { touches, sweeps: [] } };
}

/** Appends, and fails unless the log takes it. */
export async function append(
  bus: InvalidationBus,
  { incarnation }: Pick<BusState, 'incarnation'>,
  ...records: readonly NewRecord[]
): Promise<number> {
  const position = await bus.append(incarnation, records);
  assert.equal(typeof position, 'number', `append answered ${position}`);
  return Number(position);
}

/** Reads what comes after a position, and fails unless it is told. */
export async function readAfter(
  bus: InvalidationBus,
  { incarnation }: Pick<BusState, 'incarnation'>,
  position: number,
): Promise<readonly LogRecord[]> {
  const records = await bus.since(incarnation, position);
  if (typeof records === 'string') assert.fail(`since answered '${records}'`);
  return records;
}

/** A way to read all records after a state of the log: a log in this process is heard, any other is asked. */
export function readerFrom(bus: InvalidationBus, state: BusState): () => Promise<readonly LogRecord[]> {
  if (bus.local === undefined) return () => readAfter(bus, state, state.position);
  const heard: LogRecord[] = [];
  const unfollow = bus.local.follow((record) => {
    if (record.position > state.position) heard.push(record);
  });
  return async () => {
    unfollow();
    return heard;
  };
}

/** The open marks of this check, by transaction. */
export async function pendingOf(bus: InvalidationBus, prefix: string): Promise<Readonly<Record<string, LogRecord>>> {
  const { pending } = await bus.hello();
  const own = pending.filter(({ transactionId }) => transactionId.startsWith(prefix));
  const byTransaction = Object.fromEntries(own.map((mark) => [mark.transactionId.slice(prefix.length), mark]));
  assert.equal(Object.keys(byTransaction).length, own.length, 'a transaction has one open mark');
  return byTransaction;
}

/** What a record says, in one form however it is written; without the position. */
export function contentOf({ kind, transactionId, invalidation, witness, schemas }: NewRecord): unknown {
  const { touches, sweeps } = invalidation;
  return {
    kind,
    transactionId,
    touches: [...touches],
    sweeps: [...sweeps],
    witness,
    schemas: schemas && { ...schemas },
  };
}

/** Fails unless the positions are whole, and each is one more than the one before; the first follows `former`. */
export function assertConsecutive(records: readonly LogRecord[], former: number): void {
  assert.deepEqual(
    records.map(({ position }) => position),
    records.map((_, index) => former + 1 + index),
    'the positions of the records',
  );
}

/** Fails unless it is what a process must know before it may trust what it holds. */
export function assertState({ incarnation, position, floor, pending, quarantineMs }: BusState): void {
  assert.ok(typeof incarnation === 'string' && incarnation !== '', 'the incarnation has a name');
  assert.ok(Number.isSafeInteger(position) && position >= 0, `the position is ${position}`);
  assert.ok(Number.isSafeInteger(floor) && floor >= 0 && floor <= position, `the floor is ${floor} below ${position}`);
  assert.ok(Number.isFinite(quarantineMs) && quarantineMs >= 0, `the quarantine is ${quarantineMs} ms`);
  for (const mark of pending) {
    assert.equal(mark.kind, 'mark', 'what is pending is a mark');
    assert.ok(
      mark.position > 0 && mark.position <= position,
      `a mark of position ${mark.position} in a log of ${position}`,
    );
  }
}
