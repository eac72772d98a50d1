import { describe, expect, it } from '@jest/globals';
import { SharedDeadline } from '../../lib/support/shared-deadline.js';
import type { Timers } from '../../lib/support/timers.js';

/** Time that passes when a test says so. */
class HandTime implements Timers {
  time = 0;
  set = 0;
  private due: { at: number; action: () => void }[] = [];
  private turns: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, action: () => void): () => void {
    this.set++;
    this.due.push({ at: this.time + ms, action });
    return () => undefined;
  }

  soon(action: () => void): void {
    action();
  }

  nextTurn(action: () => void): void {
    this.turns.push(action);
  }

  pass(ms: number): void {
    this.time += ms;
    const over = this.due.filter(({ at }) => at <= this.time);
    this.due = this.due.filter(({ at }) => at > this.time);
    for (const { action } of over) action();
  }

  turn(): void {
    const { turns } = this;
    this.turns = [];
    for (const action of turns) action();
  }
}

describe('a shared deadline', () => {
  it('lets those of one moment give up by one timer, one turn after their time', () => {
    const time = new HandTime();
    const deadline = new SharedDeadline({ clock: time, timers: time }, 100);
    const gaveUp: string[] = [];
    deadline.begin(() => gaveUp.push('first'));
    time.pass(5);
    deadline.begin(() => gaveUp.push('second'));
    expect(time.set).toBe(1);
    time.pass(94);
    time.turn();
    expect(gaveUp).toEqual([]);
    time.pass(1);
    expect(gaveUp).toEqual([]);
    time.turn();
    expect(gaveUp).toEqual(['first', 'second']);
  });

  it('gives those who begin later a time of their own', () => {
    const time = new HandTime();
    const deadline = new SharedDeadline({ clock: time, timers: time }, 100);
    const gaveUp: string[] = [];
    deadline.begin(() => gaveUp.push('first'));
    time.pass(6);
    deadline.begin(() => gaveUp.push('second'));
    time.pass(99);
    time.turn();
    expect(gaveUp).toEqual(['first']);
    time.pass(1);
    time.turn();
    expect(gaveUp).toEqual(['first', 'second']);
  });

  it('is over for whoever ended, and says who ended too late', () => {
    const time = new HandTime();
    const deadline = new SharedDeadline({ clock: time, timers: time }, 100);
    const gaveUp: string[] = [];
    const inTime = (): unknown => gaveUp.push('in time');
    const late = (): unknown => gaveUp.push('late');
    const moment = deadline.begin(inTime);
    deadline.begin(late);
    expect(moment.end(inTime)).toBe(true);
    expect(moment.end(inTime)).toBe(false);
    time.pass(100);
    time.turn();
    expect(gaveUp).toEqual(['late']);
    expect(moment.end(late)).toBe(false);
  });
});
