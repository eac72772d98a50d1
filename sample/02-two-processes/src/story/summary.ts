import { milliseconds, thousands } from '../../../shared/terminal/format.js';

/** What an answer cost, and where it came from. */
export interface Told {
  who: string;
  from: string;
  price?: number;
  ms: number;
  statements: number;
}

/** The answers of the story, in the order they were given: each step tells them, and the end shows all of them again. */
export class Summary {
  static readonly head = ['asked', 'answered from', 'price', 'took', 'statements'] as const;
  /** The columns of numbers. */
  static readonly right: readonly number[] = [2, 3, 4];

  readonly lines: (readonly string[])[] = [];

  /** Keeps the answers, and returns their lines of the table. */
  tell(...answers: readonly Told[]): (readonly string[])[] {
    const told = answers.map(({ who, from, price, ms, statements }) => [
      who,
      from,
      price === undefined ? '' : thousands(price),
      milliseconds(ms),
      thousands(statements),
    ]);
    this.lines.push(...told);
    return told;
  }
}
