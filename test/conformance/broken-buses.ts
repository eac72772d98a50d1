import type { BusInvalidation, LogRecord, NewRecord } from '../../lib/bus/invalidation-bus.js';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';

/** Lets everybody else go first, as a round trip would. */
const roundTrip = () => new Promise<void>((resolve) => setImmediate(resolve));

const asRecords = (answer: Awaited<ReturnType<ReferenceBus['since']>>) => (typeof answer === 'string' ? [] : answer);

export class HidesFloorBus extends ReferenceBus {
  override async hello() {
    return { ...(await super.hello()), floor: Number.NaN };
  }
}

export class CountsNoMarksBus extends ReferenceBus {
  override async hello() {
    const state = await super.hello();
    return { ...state, position: state.position - state.pending.length };
  }
}

let connections = 0;

export class NamesConnectionsBus extends ReferenceBus {
  private readonly name = `connection ${connections++}`;

  override async hello() {
    return { ...(await super.hello()), incarnation: this.name };
  }

  override async append(incarnation: string, records: readonly NewRecord[]) {
    return super.append(incarnation && (await super.hello()).incarnation, records);
  }
}

export class SkipsPositionsBus extends ReferenceBus {
  override append(incarnation: string, records: readonly NewRecord[]) {
    const nothing: NewRecord = { kind: 'invalidate', transactionId: '', invalidation: { touches: [], sweeps: [] } };
    return super.append(incarnation, [nothing, ...records]);
  }
}

export class ReversesAppendsBus extends ReferenceBus {
  override append(incarnation: string, records: readonly NewRecord[]) {
    return super.append(incarnation, records.toReversed());
  }
}

export class AnswersFirstPositionBus extends ReferenceBus {
  override async append(incarnation: string, records: readonly NewRecord[]) {
    const position = await super.append(incarnation, records);
    return typeof position === 'number' ? position - records.length + 1 : position;
  }
}

export class LosesOrderBus extends ReferenceBus {
  private readonly own = new Set<number>();

  override async append(incarnation: string, records: readonly NewRecord[]) {
    const position = await super.append(incarnation, records);
    for (let back = 0; back < records.length; back++) this.own.add(Number(position) - back);
    return position;
  }

  override async since(incarnation: string, position: number) {
    const records = asRecords(await super.since(incarnation, position));
    const isOwn = (record: LogRecord) => this.own.has(record.position);
    return [...records.filter(isOwn), ...records.filter((record) => !isOwn(record))].map((record, index) => ({
      ...record,
      position: position + 1 + index,
    }));
  }
}

export class AppendsOneByOneBus extends ReferenceBus {
  override async append(incarnation: string, records: readonly NewRecord[]) {
    let position = await super.append(incarnation, records.slice(0, 1));
    for (const record of records.slice(1)) {
      await roundTrip();
      position = await super.append(incarnation, [record]);
    }
    return position;
  }
}

abstract class RewritesTagsBus extends ReferenceBus {
  abstract rewrite(tags: readonly string[]): readonly string[];

  override append(incarnation: string, records: readonly NewRecord[]) {
    const rewritten = ({ touches, sweeps }: BusInvalidation) => ({
      touches: this.rewrite(touches),
      sweeps: this.rewrite(sweeps),
    });
    return super.append(
      incarnation,
      records.map((record) => ({ ...record, invalidation: rewritten(record.invalidation) })),
    );
  }
}

export class EncodesTagsBus extends RewritesTagsBus {
  rewrite(tags: readonly string[]) {
    return tags.map((tag) => Buffer.from(tag).toString());
  }
}

export class JoinsTagsBus extends RewritesTagsBus {
  rewrite(tags: readonly string[]) {
    return tags.join(',').split(',');
  }
}

export class FoldsTagsBus extends RewritesTagsBus {
  rewrite(tags: readonly string[]) {
    return tags.map((tag) => tag.normalize());
  }
}

export class TakesFewTagsBus extends RewritesTagsBus {
  rewrite(tags: readonly string[]) {
    return tags.slice(0, 500);
  }
}

export class ForgetsMarksBus extends ReferenceBus {
  override async hello() {
    return { ...(await super.hello()), pending: [] };
  }
}

export class MisplacesMarksBus extends ReferenceBus {
  override async hello() {
    const state = await super.hello();
    return { ...state, pending: state.pending.map((mark) => ({ ...mark, position: state.position })) };
  }
}

export class NeverReleasesBus extends ReferenceBus {
  override append(incarnation: string, records: readonly NewRecord[]) {
    const kept = records.map((record) =>
      record.kind === 'release' ? { ...record, kind: 'invalidate' as const } : record,
    );
    return super.append(incarnation, kept);
  }
}

export class ReleasesAllBus extends ReferenceBus {
  override async append(incarnation: string, records: readonly NewRecord[]) {
    const position = await super.append(incarnation, records);
    const { pending } = await super.hello();
    const releases = pending.map((mark) => ({ ...mark, kind: 'release' as const }));
    if (records.some(({ kind }) => kind === 'release')) await super.append(incarnation, releases);
    return position;
  }
}

export class DropsLoneReleasesBus extends ReferenceBus {
  override async append(incarnation: string, records: readonly NewRecord[]) {
    const { pending, position } = await super.hello();
    const marked = new Set(pending.map(({ transactionId }) => transactionId));
    const kept = records.filter(({ kind, transactionId }) => kind !== 'release' || marked.has(transactionId));
    return kept.length > 0 ? super.append(incarnation, kept) : position;
  }
}

export class KeepsFirstMarkBus extends ReferenceBus {
  private readonly firsts = new Map<string, NewRecord>();

  override append(incarnation: string, records: readonly NewRecord[]) {
    const first = (record: NewRecord) => this.firsts.get(record.transactionId) ?? record;
    for (const record of records) if (record.kind === 'mark') this.firsts.set(record.transactionId, first(record));
    return super.append(
      incarnation,
      records.map((record) => (record.kind === 'mark' ? first(record) : record)),
    );
  }
}

export class AppendsToAnyLifeBus extends ReferenceBus {
  override async append(_incarnation: string, records: readonly NewRecord[]) {
    return super.append((await super.hello()).incarnation, records);
  }
}

export class MarksInAnyLifeBus extends ReferenceBus {
  override async append(incarnation: string, records: readonly NewRecord[]) {
    const { incarnation: present } = await super.hello();
    if (incarnation !== present) await super.append(present, records.slice(0, 1));
    return super.append(incarnation, records);
  }
}

export class AnswersOfAnyLifeBus extends ReferenceBus {
  override async since(_incarnation: string, position: number) {
    return super.since((await super.hello()).incarnation, position);
  }
}

export class ClosesOnceBus extends ReferenceBus {
  private isClosed = false;

  override async close() {
    if (this.isClosed) throw new Error('closed already');
    this.isClosed = true;
    await super.close();
  }
}

export class ReadsFromReplicaBus extends ReferenceBus {
  private copied: readonly LogRecord[] = [];

  override async since(incarnation: string, position: number) {
    const answer = this.copied.filter((record) => record.position > position);
    this.copied = asRecords(await super.since(incarnation, 0));
    return answer;
  }
}

export class ReadsOnePageBus extends ReferenceBus {
  override async since(incarnation: string, position: number) {
    return asRecords(await super.since(incarnation, position)).slice(0, 1_000);
  }
}

export class IncludesThePositionBus extends ReferenceBus {
  override since(incarnation: string, position: number) {
    return super.since(incarnation, Math.max(0, position - 1));
  }
}

export class TrustsAnyPositionBus extends ReferenceBus {
  override async since(incarnation: string, position: number) {
    const { incarnation: present, position: head } = await super.hello();
    return incarnation === present && position > head ? [] : super.since(incarnation, position);
  }
}

export class DropsWitnessesBus extends ReferenceBus {
  override append(incarnation: string, records: readonly NewRecord[]) {
    return super.append(
      incarnation,
      records.map(({ witness: _, ...record }) => record),
    );
  }
}

export class DropsSchemasBus extends ReferenceBus {
  override append(incarnation: string, records: readonly NewRecord[]) {
    return super.append(
      incarnation,
      records.map(({ schemas: _, ...record }) => record),
    );
  }
}

export class StaysOpenBus extends ReferenceBus {
  override async close() {}
}

const closedLogs = new WeakSet<ReferenceLog>();

export class ClosesItsLogBus extends ReferenceBus {
  constructor(private readonly closing: ReferenceLog) {
    super(closing);
  }

  override async since(incarnation: string, position: number) {
    if (closedLogs.has(this.closing)) throw new Error('The log is closed');
    return super.since(incarnation, position);
  }

  override async close() {
    closedLogs.add(this.closing);
    await super.close();
  }
}

export class NeverWakesBus extends ReferenceBus {
  override follow() {
    return () => {};
  }
}

export class WakesForeverBus extends ReferenceBus {
  override follow(wake: () => void) {
    super.follow(wake);
    return () => {};
  }
}

export class WakesOneBus extends ReferenceBus {
  private isFollowed = false;

  override follow(wake: () => void) {
    if (this.isFollowed) return () => {};
    this.isFollowed = true;
    return super.follow(wake);
  }
}

export class TrustsTheNewLifeBus extends ReferenceBus {
  override async hello() {
    return { ...(await super.hello()), quarantineMs: 0 };
  }
}

export class TrustsTheNewLifeTooSoonBus extends ReferenceBus {
  override async hello() {
    return { ...(await super.hello()), quarantineMs: 500 };
  }
}

export class BeginsALifeEachBus extends ReferenceBus {
  private readonly name = `life ${connections++}`;

  override async hello(former?: string) {
    const state = await super.hello();
    return former === undefined ? state : { ...state, incarnation: this.name };
  }
}

export class SurvivesLossBus extends ReferenceBus {
  private known: string | undefined;

  override async hello() {
    const state = await super.hello();
    this.known ??= state.incarnation;
    return { ...state, incarnation: this.known };
  }
}

export class SkipsTheForgottenBus extends ReferenceBus {
  override async since(incarnation: string, position: number) {
    return super.since(incarnation, Math.max(position, (await super.hello()).floor));
  }
}

export class KeepsItsFloorBus extends ReferenceBus {
  override async hello() {
    return { ...(await super.hello()), floor: 0 };
  }
}

export class ForgetsMarksWithRecordsBus extends ReferenceBus {
  override async hello() {
    const state = await super.hello();
    return { ...state, pending: state.pending.filter(({ position }) => position > state.floor) };
  }
}
