import type { Dice } from '../../test/support/dice.js';

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
