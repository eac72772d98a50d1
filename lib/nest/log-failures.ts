import { Logger } from '@nestjs/common';
import type { FailureReporter, SwallowedFailure } from '../events/failure-reporter.js';
import type { Statistics } from '../events/statistics.js';
import { isThenable } from '../support/is-thenable.js';
import { LOG_CONTEXT } from './development-warnings.js';

/**
 * Counts swallowed failures, and hands them to whoever asked for them; else it logs the first of each kind, because a
 * cache that fails a thousand times a second must not fill the disk as well.
 */
export class LogFailures implements FailureReporter {
  private readonly logged = new Set<string>();
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly statistics: Statistics,
    private readonly onError: ((failure: SwallowedFailure) => unknown) | undefined,
  ) {}

  report(during: string, error: unknown): void {
    this.statistics.errors++;
    if (this.onError === undefined) {
      this.logOnce(
        `${during.charAt(0).toUpperCase()}${during.slice(1)} failed; the application goes on without it. Further failures of this kind are only counted`,
        error,
      );
      return;
    }
    try {
      const answer = this.onError({ during, error });
      // An async listener that fails must not end the process as an unhandled rejection.
      if (isThenable(answer)) answer.then(undefined, (thrown: unknown) => this.logOnce('onError failed', thrown));
    } catch (thrown) {
      this.logOnce('onError failed', thrown);
    }
  }

  private logOnce(text: string, error: unknown): void {
    if (this.logged.has(text)) return;
    this.logged.add(text);
    this.logger.error(`${text}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
