import { InvalidationList } from './invalidation-list.js';
import { lasting } from './lasting-facts.js';
import { tell, type Invalidation, type InvalidationSink, type Tag } from './tag.js';
import type { WriteFacts } from './write-facts.js';
import { addWrite } from './write-rules.js';

/**
 * What one write invalidates, told to everybody as far as it concerns him.
 *
 * A write of one row names some dozens of tags, of which hardly anybody holds any; its lists are made when somebody asks for
 * them. Until then, and for as long as the log remembers it, its facts are kept.
 */
export class WriteInvalidation implements Invalidation {
  private made: InvalidationList | undefined;
  private readonly facts: WriteFacts;

  /** @param others what it invalidates beside the table it names. */
  constructor(
    facts: WriteFacts,
    private readonly others: Invalidation | undefined,
  ) {
    this.facts = lasting(facts);
  }

  get touches(): readonly Tag[] {
    return this.list.touches;
  }

  get sweeps(): readonly Tag[] {
    return this.list.sweeps;
  }

  get size(): number {
    const estimate = this.made === undefined ? sizeOfOneRow(this.facts) : undefined;
    return estimate ?? this.touches.length + this.sweeps.length;
  }

  tell(into: InvalidationSink): void {
    addWrite(into, this.facts);
    if (this.others !== undefined) tell(this.others, into);
  }

  private get list(): InvalidationList {
    if (this.made === undefined) {
      this.made = new InvalidationList();
      addWrite(this.made, this.facts);
      if (this.others !== undefined) this.made.add(this.others);
    }
    return this.made;
  }
}

/** About how many tags a write of one row names; undefined for other writes, of which most name few. */
function sizeOfOneRow(facts: WriteFacts): number | undefined {
  if (facts.kind === undefined) return undefined;
  const columns = facts.table.columns?.length ?? 0;
  switch (facts.kind) {
    case 'update':
      if (facts.ids?.length !== 1 || isOtherThanOne(facts.newRows)) return undefined;
      return 4 + columns * (1 + 2 * (facts.set?.size ?? columns));
    case 'delete':
      return facts.ids?.length !== 1 || isOtherThanOne(facts.oldRows) ? undefined : 4 + columns;
    case 'insert':
      return facts.rows === 'some' || isOtherThanOne(facts.rows) ? undefined : 3 + columns;
    case 'upsert':
      return undefined;
  }
}

function isOtherThanOne(rows: readonly unknown[] | undefined): boolean {
  return rows !== undefined && rows.length !== 1;
}
