import type { LocalLog } from '../bus/invalidation-bus.js';
import type { StoredValue } from '../codec/copy/stored-value.js';
import type { FailureReporter } from '../events/failure-reporter.js';
import type { Statistics } from '../events/statistics.js';
import type { MemoryLimits, MemoryStorage } from '../storage/memory/memory-storage.js';
import type { CoarseClock } from '../support/coarse-clock.js';
import type { Tag } from '../tags/tag.js';
import type { Entry } from './entry.js';
import type { FleetFlight } from './fleet-flight.js';
import type { FollowedLog } from './log/followed-log.js';
import type { SharedEntries } from './shared-entries.js';

/** The parts an engine works with; handed in, so that a simulation can hand in its own. */
export interface EngineParts {
  /** Separates applications: `clear()` empties this one only. */
  readonly prefix: string;
  /** False: nothing is cached. */
  readonly isEnabled: boolean;
  /** Bounds of the storage that the engine makes for itself. */
  readonly limits?: MemoryLimits;
  /** The storage to use instead; the engine listens to what leaves it, so no two engines share one. */
  readonly storage?: MemoryStorage<Entry>;
  /** How many tags nobody holds are remembered for running loads; see {@link TagTable}. */
  readonly maxRememberedTags?: number;
  readonly log: FollowedLog | LocalLog;
  /** Entries that other processes see too; absent when each process has its own. */
  readonly sharedEntries?: SharedEntries;
  /** Lets one process load for all; absent when each loads for itself. */
  readonly fleet?: FleetFlight;
  /** How old an answer may be where nothing else is said, in milliseconds. @default 0 */
  readonly boundMs?: number;
  readonly clock: Pick<CoarseClock, 'now' | 'exact'>;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** Puts values out of reach, as copies or as bytes, and says how to hand them out. */
  readonly copier: { store(value: unknown): StoredValue };
  readonly statistics: Statistics;
  readonly failures: FailureReporter;
  /** The tags of what a result holds, for results that reached the load by other ways than its own queries. */
  readonly tagsOfResult?: (result: unknown, captured: ReadonlySet<Tag>) => Iterable<Tag>;
}
