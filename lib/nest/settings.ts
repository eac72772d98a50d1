import type { InvalidationBus } from '../bus/invalidation-bus.js';
import type { RegisteredClass } from '../codec/bytes/class-names.js';
import type { SwallowedFailure } from '../events/failure-reporter.js';
import type { EntityPolicy } from '../typeorm/entity-options.js';

/** The options of one application, checked, with defaults applied and durations in milliseconds. */
export interface Settings {
  /** A URL that `openStorage` knows. */
  readonly storage: string;
  /** A URL that `openBus` knows, or a bus that whoever made it also closes. */
  readonly bus: string | InvalidationBus;
  readonly prefix: string;
  readonly defaultTtlMs: number;
  /** The consistency level as the start-up line names it. */
  readonly level: string;
  /** The entities whose ordinary reads are cached, by name; `*` is every entity. */
  readonly entities: ReadonlyMap<string, EntityPolicy>;
  readonly isEnabled: boolean;
  readonly copy: 'clone' | 'freeze';
  /** Classes by the names that bytes call them. */
  readonly classes: Readonly<Record<string, Function | RegisteredClass>>;
  readonly onError: ((failure: SwallowedFailure) => void) | undefined;
  /** What a developer should know about the options, such as durations that were most likely meant in seconds. */
  readonly warnings: readonly string[];
}
