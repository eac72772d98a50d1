import type { Tag } from '../tags/tag.js';
import type { Entry } from './entry.js';

/** What a flight brings to those who joined it. The entry need not be stored, nor still be valid. */
export interface Landing {
  readonly entry: Entry;
  readonly tags: ReadonlySet<Tag>;
}

/**
 * A load that others may join: it ends with a landing, or with nothing that could be shared.
 *
 * Few flights have anybody on board but the one who loads, so what only others need is made when they come.
 */
export class Flight {
  private promise: Promise<Landing | undefined> | undefined;
  private resolve: ((landing: Landing | undefined) => void) | undefined;
  private others: Set<Flight> | undefined;

  /** Whether another flight could not end without this one. */
  isAwaited = false;

  private overtaken = false;

  /**
   * @param joinedUntil when it is too late to join, by the engine's clock. @default never
   * @param former one of the same key that takes longer than that
   */
  constructor(
    readonly joinedUntil = Infinity,
    private former?: Flight,
  ) {}

  /** Whether the answer of a younger one of the same key is kept. */
  get isOvertaken(): boolean {
    return this.overtaken;
  }

  /** Its answer is kept: what those before it still bring is older. */
  overtake(): void {
    for (let { former } = this; former !== undefined; { former } = former) former.overtaken = true;
    this.former = undefined;
  }

  /**
   * Resolves when the load is over and never rejects: an error belongs to the caller who loads. To be asked for before
   * that.
   */
  get landed(): Promise<Landing | undefined> {
    return (this.promise ??= new Promise((resolve) => (this.resolve = resolve)));
  }

  /** Flights that this one cannot end without. */
  get waitsFor(): Iterable<Flight> {
    return this.others ?? [];
  }

  /** This one cannot end without the other from now on. */
  waitFor(other: Flight): void {
    other.isAwaited = true;
    (this.others ??= new Set()).add(other);
  }

  goOn(other: Flight): void {
    this.others?.delete(other);
  }

  land(landing: Landing | undefined): void {
    this.resolve?.(landing);
  }
}
