import type { NameStatistics } from '../events/statistics.js';
import type { Tag } from '../tags/tag.js';

/** Arguments of a call as they were when it was made, for whoever needs them now. */
export type KeptArguments = () => readonly unknown[];

/** How the answers of one place, such as a decorated method, are cached. Made once, shared by all its reads. */
export interface ReadPlan {
  /** How long an answer may be kept, in milliseconds; 0 keeps none, Infinity has no expiry. */
  readonly ttlMs: number;
  readonly counters: NameStatistics;
  /** Tags beside those of the captured queries. */
  readonly tags?: (result: unknown, args: readonly unknown[]) => Iterable<Tag>;
  /** Arguments as they are now, for a load that comes later. @default a copy of what consists of its properties */
  readonly keep?: (args: readonly unknown[]) => KeptArguments;
  /** Whether this result must not be kept. */
  readonly unless?: (result: unknown) => boolean;
  /** How old the answer may be, in milliseconds. @default what the engine says */
  readonly boundMs?: number;
  /** The key means something in this process only. @default false */
  readonly isLocal?: boolean;
  /** Every caller loads for himself, because a load may never end. @default false */
  readonly isSolitary?: boolean;
}
