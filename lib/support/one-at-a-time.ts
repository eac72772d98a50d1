import { nodeTimers, unlessLate, type Timers } from './timers.js';

/** For so long an action holds up the next one, in milliseconds: what takes longer may never end. */
const LONGEST_MS = 5_000;

/** Carries out actions under one name one after the other, in the order in which they were asked for. */
export class OneAtATime {
  private readonly latest = new Map<string, Promise<unknown>>();

  constructor(private readonly timers: Pick<Timers, 'after'> = nodeTimers) {}

  run<T>(name: string, action: () => Promise<T>): Promise<T> {
    const former = this.latest.get(name);
    const mine = former === undefined ? action() : this.endOf(former).then(action, action);
    this.latest.set(name, mine);
    const leave = (): void => {
      if (this.latest.get(name) === mine) this.latest.delete(name);
    };
    mine.then(leave, leave);
    return mine;
  }

  private endOf(former: Promise<unknown>): Promise<unknown> {
    return unlessLate(former, (giveUp) => this.timers.after(LONGEST_MS, giveUp), tooLong);
  }
}

function tooLong(): Error {
  return new Error('the action before takes too long');
}
