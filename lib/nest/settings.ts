import type { InvalidationBus } from '../bus/invalidation-bus.js';
import type { MemoryLimits } from '../storage/memory/memory-storage.js';
import type { CacheStorage } from '../storage/storage.js';
import type { RegisteredClass } from '../codec/bytes/class-names.js';
import type { SwallowedFailure } from '../events/failure-reporter.js';
import type { EntityPolicy } from '../typeorm/entities/entity-options.js';

/** The options of one application, checked, with defaults applied and durations in milliseconds. */
export interface Settings {
  /** A URL that `openStorage` knows, or a storage that whoever made it also closes. */
  readonly storage: string | CacheStorage;
  /** A URL that `openBus` knows, or a bus that whoever made it also closes. */
  readonly bus: string | InvalidationBus;
  /** The bounds of the memory in front of a shared storage; undefined: those of {@link storage}, which is memory. */
  readonly near: MemoryLimits | undefined;
  readonly prefix: string;
  readonly defaultTtlMs: number;
  /** The consistency level as the start-up line names it. */
  readonly level: string;
  /** How old an answer may be, in milliseconds. */
  readonly boundMs: number;
  /** The entities whose ordinary reads are cached, by name; `*` is every entity. */
  readonly entities: ReadonlyMap<string, EntityPolicy>;
  readonly isEnabled: boolean;
  readonly copy: 'clone' | 'freeze';
  readonly onLogDown: 'proceed' | 'reject';
  /** How often a cold key is loaded: once per process, or once in all. */
  readonly flight: 'process' | 'shared';
  /** Classes by the names that bytes call them. */
  readonly classes: Readonly<Record<string, Function | RegisteredClass>>;
  readonly onError: ((failure: SwallowedFailure) => void) | undefined;
  /** What a developer should know about the options, such as durations that were most likely meant in seconds. */
  readonly warnings: readonly string[];
}
