import type { BusInvalidation, NewRecord, RecordKind } from '../bus/invalidation-bus.js';
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

  constructor(private readonly schemas: SchemaFingerprints) {}

  /** @param invalidation what nobody adds to any more */
  make(kind: RecordKind, transactionId: string, invalidation: BusInvalidation, witness?: string): NewRecord {
    const said = this.said.get(invalidation) ?? this.say(invalidation);
    return { kind, transactionId, invalidation: said.invalidation, witness, schemas: said.schemas };
  }

  private say(given: BusInvalidation): Said {
    const invalidation = { touches: given.touches, sweeps: given.sweeps };
    const said = { invalidation, schemas: schemasNamedIn(invalidation, this.schemas) };
    this.said.set(given, said);
    return said;
  }
}
