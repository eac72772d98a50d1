import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CoarseClock } from '../../lib/support/coarse-clock.js';

describe('a coarse clock', () => {
  let time = 0;
  let readings = 0;
  const real = {
    now: () => {
      readings++;
      return time;
    },
  };
  beforeEach(() => {
    time = readings = 0;
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('asks the real clock once for many readings, and again after its resolution', () => {
    const clock = new CoarseClock(real);
    for (let reading = 0; reading < 1_000; reading++) expect(clock.now()).toBe(0);
    expect(readings).toBe(1);
    time = 30;
    expect(clock.now()).toBe(0);
    jest.advanceTimersByTime(25);
    expect(clock.now()).toBe(30);
  });

  it('knows the exact time for whoever stands close to a deadline', () => {
    const clock = new CoarseClock(real);
    clock.now();
    time = 5;
    expect(clock.exact()).toBe(5);
  });

  it('asks again when somebody replaced the timers, because its own may never fire then', () => {
    const clock = new CoarseClock(real);
    clock.now();
    time = 60_000;
    jest.useRealTimers();
    expect(clock.now()).toBe(60_000);
    time = 120_000;
    jest.useFakeTimers();
    expect(clock.now()).toBe(120_000);
  });

  it('leaves no timer behind when nobody reads', () => {
    const clock = new CoarseClock(real);
    clock.now();
    jest.advanceTimersByTime(25);
    expect(jest.getTimerCount()).toBe(0);
  });
});
