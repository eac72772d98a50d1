/** Random numbers from a seed, so that whatever is found can be found again. */
export class Dice {
  private state: number;

  /**
   * @param values how many different values a column may hold.
   * @param knows whether all is known that may be known of writes and answers.
   * @param tellsRows whether updates always answer the rows they wrote; otherwise some do.
   */
  constructor(
    seed: number,
    readonly values = 3,
    public knows = false,
    readonly tellsRows = false,
  ) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** True once in `times` where something may be unknown. */
  doubts(times: number): boolean {
    return !this.knows && this.once(times);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  some<T>(choices: readonly T[], times = 2): T[] {
    return choices.filter(() => this.once(times));
  }
}
