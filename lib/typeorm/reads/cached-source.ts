import type { DataSource, EntityMetadata } from 'typeorm';
import type { EntityPolicy } from '../entities/entity-options.js';
import type { EntityReader } from './entity-reader.js';
import type { EntityReads } from './entity-reads.js';
import { metadataOf } from './manager-hooks.js';
import { readsOf } from './open-reads.js';

/** Who answers the reads of one cached repository, found anew when the application or the DataSource has changed. */
export class CachedSource {
  private known:
    { readonly reads: EntityReads; readonly reader: EntityReader; readonly metadata: EntityMetadata } | undefined;

  /** @param reads those of the application that made the repository; undefined: whoever the DataSource belongs to */
  constructor(
    readonly dataSource: DataSource,
    private readonly target: unknown,
    private readonly policy: EntityPolicy,
    private readonly reads?: EntityReads,
  ) {}

  /** Who answers questions about this entity; undefined where it is another one, or nobody caches it. */
  readerFor(entity: unknown): EntityReader | undefined {
    const reads = this.current;
    if (reads === undefined) return undefined;
    const metadata = metadataOf(this.dataSource, entity);
    const { known } = this;
    if (known?.metadata === metadata && known?.reads === reads && known.reader.tablePath === metadata!.tablePath) {
      return known.reader;
    }
    if (metadata === undefined || metadata !== metadataOf(this.dataSource, this.target)) return undefined;
    const reader = reads.readerOf(this.dataSource, metadata, this.policy);
    this.known = { reads, reader, metadata };
    return reader;
  }

  /** Who answers questions about the entity of the repository. */
  get reader(): EntityReader | undefined {
    return this.readerFor(this.target);
  }

  /** Whether answers are shared by all callers and frozen. */
  get sharesAnswers(): boolean {
    return this.current?.sharesAnswers ?? false;
  }

  /** A name for a class that no other has in the application. */
  readonly nameOfTarget = (target: Function): string => this.current!.nameOf(target);

  private get current(): EntityReads | undefined {
    return this.reads ?? readsOf(this.dataSource);
  }
}
