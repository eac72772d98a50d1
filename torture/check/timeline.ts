/** From when on nobody may be told anything older than this state. */
interface Evidence {
  readonly at: number;
  readonly stamp: number;
}

/** What is known of how new one row must be, over time. */
export class Timeline {
  private readonly evidence: Evidence[] = [];
  private isSorted = true;

  /** From then on the row was in this state or a later one. */
  add(at: number, stamp: number): void {
    this.evidence.push({ at, stamp });
    this.isSorted = false;
  }

  /** The oldest state that may be told by a read that begins then. */
  least(at: number): number {
    if (!this.isSorted) this.sort();
    let low = 0;
    let high = this.evidence.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.evidence[middle].at < at) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.evidence[low - 1].stamp;
  }

  /** In order, each with the newest state of all up to there. */
  private sort(): void {
    this.evidence.sort((a, b) => a.at - b.at);
    let newest = 0;
    for (const [at, { at: time, stamp }] of this.evidence.entries()) {
      newest = Math.max(newest, stamp);
      this.evidence[at] = { at: time, stamp: newest };
    }
    this.isSorted = true;
  }
}
