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

  /** A whole number from 0 to `below - 1`. */
  below(below: number): number {
    return Math.floor(this.roll() * below);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

/** Some of many are asked for far more often than the others: the one at rank `r` in proportion to `1 / r`. */
export class Zipf {
  private readonly sums: Float64Array;

  /** @param count how many there are */
  constructor(count: number) {
    this.sums = new Float64Array(count);
    for (let rank = 0, sum = 0; rank < count; rank++) this.sums[rank] = sum += 1 / (rank + 1);
  }

  /** A rank, 0 being the most popular. */
  draw(dice: Dice): number {
    const at = dice.roll() * this.sums[this.sums.length - 1];
    let low = 0;
    let high = this.sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sums[middle] > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Draws one of several things in proportion to their weights. */
export function weighted<T extends { readonly weight: number }>(things: readonly T[]): (dice: Dice) => T {
  const total = things.reduce((sum, { weight }) => sum + weight, 0);
  return (dice) => {
    let at = dice.roll() * total;
    return things.find(({ weight }) => (at -= weight) < 0) ?? things[things.length - 1];
  };
}
