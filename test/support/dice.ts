/** Chance that comes out the same for the same seed, on every machine. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** At least 0 and below 1 (mulberry32). */
  roll(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number): number {
    return this.between(0, limit);
  }

  /** A whole number from `from` up to but not including `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.roll() * (to - from));
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}
