import type { HeardDataSource } from './heard-data-source.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import type { Parameters } from './key-values.js';

/** A call of `QueryRunner.query`. */
export interface Call {
  readonly runner: HookedRunner;
  readonly source: HeardDataSource;
  readonly text: string;
  readonly parameters: Parameters;
  /** Whether it asks for a QueryResult instead of the driver's raw answer. */
  readonly isStructured: boolean;
  /** The method as it was before it was patched, with this text. */
  readonly send: (text: string) => Promise<unknown>;
  /** A statement of our own, unheard. */
  readonly run: (text: string) => Promise<unknown>;
  /** Whether it is sent by somebody who was told of such a statement, and for whom its answer waits. */
  readonly isWithinOwn: boolean;
}
