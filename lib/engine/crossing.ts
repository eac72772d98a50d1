import type { Fetched } from './shared-entries.js';

/** What comes of a read whose barrier was not passed. */
export const NOT_PASSED = Symbol('not passed');

/** What lay in the storage, or that it is of no use. */
export type Crossed = Fetched | undefined | typeof NOT_PASSED;

/** A read that waits for its barrier and for the storage, which are asked at the same time. */
export class FarRead {
  private isPassed = false;
  private isFetched = false;
  private fetched: Fetched | undefined;

  constructor(private readonly resolve: (crossed: Crossed) => void) {}

  cross(isPassed: boolean): void {
    this.isPassed = isPassed;
    if (!isPassed) this.resolve(NOT_PASSED);
    else if (this.isFetched) this.resolve(this.fetched);
  }

  arrive(fetched: Fetched | undefined): void {
    this.fetched = fetched;
    this.isFetched = true;
    if (this.isPassed) this.resolve(fetched);
  }
}

/** Those who wait for one barrier: it calls them, where a promise for each would cost as much as the rest of the read. */
export class Crossing {
  private reads: FarRead[] = [];

  constructor(readonly barrier: Promise<boolean>) {
    void barrier.then((isPassed) => {
      for (const read of this.reads) read.cross(isPassed);
      // What they were answered with is not kept until the next barrier.
      this.reads = [];
    });
  }

  join(read: FarRead): void {
    this.reads.push(read);
  }
}
