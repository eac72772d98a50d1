import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ZooCacheService } from 'nestjs-zoocache';
import { finalize, type Observable, tap } from 'rxjs';
import { DatabaseMeter } from '../measure/database-meter.js';
import { counted } from '../terminal/format.js';

/**
 * Tells in the response whether the answer came from the cache, and how long it took:
 * `Cache-Status: zoocache; hit` (RFC 9211) and `Server-Timing: app;dur=0.2, db;dur=0;desc="0 statements"`.
 * It compares counters of the whole process, so it is silent about requests that ran beside others.
 */
@Injectable()
export class CacheHeadersInterceptor implements NestInterceptor {
  private running = 0;
  private started = 0;

  constructor(
    private readonly cache: ZooCacheService,
    private readonly meter: DatabaseMeter,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const turn = ++this.started;
    const beganAlone = this.running++ === 0;
    const cacheBefore = this.cache.stats();
    const databaseBefore = this.meter.total();
    const startedAt = performance.now();
    return next.handle().pipe(
      tap(() => {
        if (!beganAlone || turn !== this.started) {
          return;
        }
        const response = context.switchToHttp().getResponse<unknown>();
        const setHeader = (name: string, value: string) =>
          this.adapterHost.httpAdapter.setHeader(response, name, value);
        const { hits, misses, bypasses, errors } = this.cache.stats();
        const bypass = Object.keys(bypasses).find((reason) => bypasses[reason] > (cacheBefore.bypasses[reason] ?? 0));
        if (bypass !== undefined) {
          setHeader('Cache-Status', `zoocache; fwd=bypass; detail="${bypass}"`);
        } else if (errors > cacheBefore.errors) {
          setHeader('Cache-Status', 'zoocache; fwd=bypass; detail="error"');
        } else if (misses > cacheBefore.misses) {
          setHeader('Cache-Status', 'zoocache; fwd=miss');
        } else if (hits > cacheBefore.hits) {
          setHeader('Cache-Status', 'zoocache; hit');
        }
        const database = this.meter.total();
        const databaseMs = database.ms - databaseBefore.ms;
        const statements = counted(database.statements - databaseBefore.statements, 'statement');
        const appMs = performance.now() - startedAt;
        setHeader('Server-Timing', `app;dur=${appMs.toFixed(3)}, db;dur=${databaseMs.toFixed(3)};desc="${statements}"`);
      }),
      finalize(() => {
        this.running -= 1;
      }),
    );
  }
}
