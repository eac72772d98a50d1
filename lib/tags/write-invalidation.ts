import { InvalidationList } from './invalidation-list.js';
import { tell, type Invalidation, type InvalidationSink, type Tag } from './tag.js';
import type { Deletion, Update } from './write-facts.js';
import { addWrite } from './write-rules.js';

/**
 * What an update or a deletion invalidates, told to everybody as far as it concerns him.
 *
 * An update of one row names some dozens of tags, of which hardly anybody holds any; its lists are made when somebody
 * asks for them. So its facts must not change: they hold values, and not the caller's parameters.
 */
export class WriteInvalidation implements Invalidation {
  private made: InvalidationList | undefined;

  /** @param others what it invalidates beside the table it names. */
  constructor(
    private readonly facts: Update | Deletion,
    private readonly others: Invalidation | undefined,
  ) {}

  get touches(): readonly Tag[] {
    return this.list.touches;
  }

  get sweeps(): readonly Tag[] {
    return this.list.sweeps;
  }

  get size(): number {
    const { facts } = this;
    const { columns = [] } = facts.table;
    const rows = facts.kind === 'update' ? facts.newRows : facts.oldRows;
    const isOfOneRow = facts.ids?.length === 1 && (rows === undefined || rows.length === 1);
    if (this.made !== undefined || !isOfOneRow) return this.touches.length + this.sweeps.length;
    return 4 + columns.length * (facts.kind === 'update' ? 1 + 2 * (facts.set?.size ?? columns.length) : 1);
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
