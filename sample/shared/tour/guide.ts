import { table } from '../terminal/table.js';
import type { Paint } from '../terminal/painter.js';

/** A claim of the tour that did not hold. */
export class ClaimFailed extends Error {
  constructor(claim: string, found: string) {
    super(`The tour claims: "${claim}", but ${found}.`);
    this.name = 'ClaimFailed';
  }
}

/** Who leads the tour: says what happens, and takes back no claim without an error. */
export class Guide {
  private steps = 0;
  private proven = 0;

  constructor(
    private readonly write: (line: string) => void,
    readonly paint: Paint,
  ) {}

  /** Claims that held so far. */
  get claims(): number {
    return this.proven;
  }

  step(title: string, why: string): void {
    this.steps += 1;
    this.write('');
    this.write(`${this.paint(['cyan', 'bold'], `${this.steps}.`)} ${this.paint('bold', title)}`);
    this.write(`   ${this.paint('dim', why)}`);
    this.write('');
  }

  say(text: string): void {
    this.write(`   ${text}`);
  }

  /** A table whose first line is its head; the columns in `right` are numbers. */
  table(head: readonly string[], lines: readonly (readonly string[])[], right: readonly number[]): void {
    const [first, ...rest] = table([head, ...lines], right);
    this.say(this.paint('dim', first));
    rest.forEach((line) => this.say(line));
  }

  /** Checks a claim that is not worth a line. @throws {ClaimFailed} saying what was found instead. */
  expect(claim: string, holds: boolean, found: () => string): void {
    if (!holds) {
      throw new ClaimFailed(claim, found());
    }
    this.proven += 1;
  }

  /** Checks a claim and prints it. @throws {ClaimFailed} saying what was found instead. */
  claim(claim: string, holds: boolean, found: () => string): void {
    this.expect(claim, holds, found);
    this.conclude(claim);
  }

  /** Prints what claims that were checked without a line amount to. */
  conclude(text: string): void {
    this.say(`${this.paint('green', '✓')} ${text}`);
  }
}
