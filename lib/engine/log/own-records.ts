import type { BusInvalidation, NewRecord, RecordKind } from '../../bus/invalidation-bus.js';
import { shortened } from './known-marks.js';
import { schemasNamedIn, type SchemaFingerprints } from './schema-fingerprints.js';

/** What a record says of an invalidation, whatever its kind. */
type Said = Pick<NewRecord, 'invalidation' | 'schemas'>;

/**
 * The records that this process appends.
 *
 * A mark and its release mostly say the same, and so does what is appended again to another life of the log: an
 * invalidation that did not change in between is put into words once, and a bus that meets the words again knows them.
 */
export class OwnRecords {
  private readonly said = new WeakMap<BusInvalidation, Said>();
  /** The life of the log in which a mark stands, and in which its release may refer to it. */
  private readonly lives = new WeakMap<NewRecord, string>();
  /** Marks that may stand in some life of the log, whatever the answer was. */
  private readonly sent = new WeakSet<NewRecord>();
  /** Releases whose marks nobody has heard of. */
  private readonly unmarked = new WeakSet<NewRecord>();

  constructor(private readonly schemas: SchemaFingerprints) {}

  /** @param invalidation what nobody adds to any more */
  make(kind: RecordKind, transactionId: string, invalidation: BusInvalidation, witness?: string): NewRecord {
    const said = this.said.get(invalidation) ?? this.say(invalidation);
    return { kind, transactionId, invalidation: said.invalidation, witness, schemas: said.schemas };
  }

  /** @param mark that of the transaction, if it made one */
  release(transactionId: string, invalidation: BusInvalidation, mark: NewRecord | undefined): NewRecord {
    const release = this.make('release', transactionId, invalidation);
    const life = mark?.invalidation === release.invalidation ? this.lives.get(mark) : undefined;
    if (life !== undefined) this.lives.set(release, life);
    if (mark === undefined || !this.sent.has(mark)) this.unmarked.add(release);
    return release;
  }

  /** Whether others may hold the mark of this release open, until they hear of just this one. */
  isAwaited(record: NewRecord): boolean {
    return record.kind === 'release' && !this.unmarked.has(record);
  }

  /** The records in the form in which they are sent to one life of the log: short where it holds what they would say again. */
  forLife(life: string, records: readonly NewRecord[]): readonly NewRecord[] {
    for (const record of records) if (record.kind === 'mark') this.sent.add(record);
    return records.map((record) =>
      record.kind === 'release' && this.lives.get(record) === life ? shortened(record) : record,
    );
  }

  /** These stand in that life of the log now. */
  appended(life: string, records: readonly NewRecord[]): void {
    for (const record of records) if (record.kind === 'mark') this.lives.set(record, life);
  }

  private say(given: BusInvalidation): Said {
    const invalidation = { touches: given.touches, sweeps: given.sweeps };
    const said = { invalidation, schemas: schemasNamedIn(invalidation, this.schemas) };
    this.said.set(given, said);
    return said;
  }
}
