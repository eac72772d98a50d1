import { beforeEach, describe, expect, it } from '@jest/globals';
import { SharedDeadline } from '../../lib/support/shared-deadline.js';
import { SteppedTime } from '../simulation/fleet/stepped-time.js';

describe('a shared deadline', () => {
  let time: SteppedTime;
  let timersSet = 0;
  let deadline: SharedDeadline;
  let gaveUp: string[] = [];
  beforeEach(() => {
    [time, timersSet, gaveUp] = [new SteppedTime(), 0, []];
    const timers = time.timersOf({});
    const after: typeof timers.after = (ms, action) => {
      timersSet++;
      return timers.after(ms, action);
    };
    deadline = new SharedDeadline({ clock: time, timers: { ...timers, after } }, 100);
  });

  function pass(ms: number): void {
    time.skip(ms);
    time.fireDue(() => false);
  }

  /** A turn of the event loop. */
  const turn = (): Promise<void> => Promise.resolve();

  it('lets those of one moment give up by one timer, one turn after their time', async () => {
    deadline.begin(() => gaveUp.push('first'));
    pass(5);
    deadline.begin(() => gaveUp.push('second'));
    expect(timersSet).toBe(1);
    pass(94);
    await turn();
    expect(gaveUp).toEqual([]);
    pass(1);
    expect(gaveUp).toEqual([]);
    await turn();
    expect(gaveUp).toEqual(['first', 'second']);
  });

  it('gives those who begin later a time of their own', async () => {
    deadline.begin(() => gaveUp.push('first'));
    pass(6);
    deadline.begin(() => gaveUp.push('second'));
    pass(99);
    await turn();
    expect(gaveUp).toEqual(['first']);
    pass(1);
    await turn();
    expect(gaveUp).toEqual(['first', 'second']);
  });

  it('is over for whoever ended, and says who ended too late', async () => {
    const inTime = (): unknown => gaveUp.push('in time');
    const late = (): unknown => gaveUp.push('late');
    const moment = deadline.begin(inTime);
    deadline.begin(late);
    expect(moment.end(inTime)).toBe(true);
    expect(moment.end(inTime)).toBe(false);
    pass(100);
    await turn();
    expect(gaveUp).toEqual(['late']);
    expect(moment.end(late)).toBe(false);
  });
});
