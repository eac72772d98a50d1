import { Injectable } from '@nestjs/common';
import { DatabaseMeter } from './database-meter.js';

/** An answer and what it cost. */
export interface Measured<T> {
  value: T;
  /** From the call to the answer. */
  ms: number;
  /** The part of it that the database took. */
  databaseMs: number;
  statements: number;
}

/** Measures calls one at a time: what runs beside a call is counted with it. */
@Injectable()
export class Stopwatch {
  constructor(private readonly meter: DatabaseMeter) {}

  async measure<T>(call: () => Promise<T>): Promise<Measured<T>> {
    const before = this.meter.total();
    const startedAt = performance.now();
    const value = await call();
    const ms = performance.now() - startedAt;
    const after = this.meter.total();
    return { value, ms, databaseMs: after.ms - before.ms, statements: after.statements - before.statements };
  }
}
