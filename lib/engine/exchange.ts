import type { Decoded } from '../codec/bytes/bytes-codec.js';
import type { OpenedEnvelope } from '../codec/bytes/envelope.js';
import type { StoredValue } from '../codec/copy/stored-value.js';
import { sizeOfBinary } from '../codec/size.js';
import type { CacheKey } from '../keys/cache-key.js';
import { detached } from '../support/detached.js';
import type { Tag } from '../tags/tag.js';
import { Crossing, FarRead, NOT_PASSED, type Crossed } from './crossing.js';
import type { EngineParts } from './engine-parts.js';
import { Entry, NO_EXPIRY } from './entry.js';
import { FarAnswer } from './far-answer.js';
import type { FollowedLog } from './log/followed-log.js';
import type { Lifetimes } from './lifetimes.js';
import type { NearEntries } from './near-entries.js';
import type { ReadPlan } from './read-plan.js';
import type { Fetched, Fetching, SharedEntries } from './shared-entries.js';
import type { Validity } from './validity.js';

/** How long an entry of a shared storage is kept in memory, as a share of its lifetime: only the storage knows what is left. */
const NEAR_SHARE = 0.1;

/** The plan of what has a key that means the same in all processes. */
const EVERYWHERE: Pick<ReadPlan, 'isLocal'> = {};

/** Of what is looked at and not answered. */
const NOTHING_STORED: StoredValue = { value: undefined, bytes: 0, copy: itself };

const SHARED_WITH_NOBODY = Promise.resolve(false);

/** Entries between the memory of this process and the storage that it shares with others, if it does. */
export class Exchange {
  /** Those who wait for the newest barrier. */
  private crossing: Crossing | undefined;

  constructor(
    private readonly parts: Pick<EngineParts, 'sharedEntries' | 'boundMs' | 'failures'>,
    private readonly log: FollowedLog,
    private readonly validity: Validity,
    private readonly lifetimes: Lifetimes,
    private readonly near: NearEntries,
  ) {}

  /** Whether there is a storage that others share. */
  get isShared(): boolean {
    return this.parts.sharedEntries !== undefined;
  }

  /**
   * What the shared storage holds under the key, not judged yet: undefined where there is no such storage, or nothing in it.
   */
  fetch(key: CacheKey, plan = EVERYWHERE): Fetching {
    if (plan.isLocal === true) return undefined;
    return this.parts.sharedEntries?.fetch(key, this.log.incarnation);
  }

  /** The same once the barrier has been passed that the read waits for. */
  fetchBehind(barrier: Promise<boolean>, key: CacheKey, plan = EVERYWHERE): Promise<Crossed> {
    const { sharedEntries } = this.parts;
    if (plan.isLocal === true || sharedEntries === undefined) {
      return barrier.then((isPassed) => (isPassed ? undefined : NOT_PASSED));
    }
    if (this.crossing?.barrier !== barrier) this.crossing = new Crossing(barrier);
    const { crossing } = this;
    return new Promise((resolve) => {
      const read = new FarRead(resolve);
      crossing.join(read);
      sharedEntries.fetchFor(key, this.log.incarnation, (fetched) => read.arrive(fetched));
    });
  }

  /** Whether somebody stored it who is ahead of this process, which must know what happened up to then to judge it. */
  isAhead(fetched: Fetched | undefined): boolean {
    return typeof fetched?.held === 'object' && fetched.held.token > this.validity.position;
  }

  /** The valid entry of a key of which this was fetched, which is in the memory of this process from now on. */
  bring(key: CacheKey, fetched: Fetched | undefined): Entry | undefined {
    // Whoever asked for the same meanwhile may have brought it.
    return fetched === undefined ? undefined : (this.near.lookup(key) ?? this.bringNear(key, fetched));
  }

  /** The valid entry of a key, wherever it is held, by what was appended until now; none where nothing is cached. */
  async find(key: CacheKey): Promise<Entry | undefined> {
    if (!this.near.isOpen) return undefined;
    const boundMs = this.parts.boundMs ?? 0;
    if (this.log.obstacle(boundMs) !== undefined) return undefined;
    const barrier = this.log.catchUp(boundMs);
    const fetching = this.near.peek(key) === undefined ? this.fetch(key) : undefined;
    if (barrier !== undefined && !(await barrier)) return undefined;
    const entry = this.near.lookup(key);
    if (entry !== undefined) return entry;
    const fetched = await (fetching ?? this.fetch(key));
    if (this.isAhead(fetched)) await this.log.catchUp(0);
    return this.bring(key, fetched);
  }

  /** What the shared storage holds under a key, valid or not, as an entry that nobody keeps: its nodes must be let go of. */
  async look(key: CacheKey): Promise<Entry | undefined> {
    const fetched = await this.fetch(key);
    if (fetched === undefined) return undefined;
    if (this.isAhead(fetched)) await this.log.catchUp(0);
    const { held, incarnation } = fetched;
    if (typeof held === 'number') return counterOf(key, held, this.validity.position);
    if (!this.canJudge(held, incarnation)) return undefined;
    const { token, ttlMs } = held;
    return this.near.entryOf(key, NOTHING_STORED, { tags: held.tags() as Tag[], token, ttlMs });
  }

  /** The value that was fetched, if it is valid, for somebody who depends on nothing; memory keeps nothing of it. */
  valueIn({ held, incarnation }: Fetched): Decoded | undefined {
    if (typeof held === 'number') return { value: held };
    if (!this.canJudge(held, incarnation)) return undefined;
    const isValid = this.validity.watch(held.tags() as Tag[], held.token)();
    return isValid ? this.parts.sharedEntries!.valueIn(held) : undefined;
  }

  /** The entry that was fetched, if it is valid, whatever memory holds. */
  bringNear(key: CacheKey, { held, incarnation }: Fetched): Entry | undefined {
    if (typeof held === 'number') return counterOf(key, held, this.validity.position);
    if (!this.canJudge(held, incarnation)) return undefined;
    const { token, ttlMs } = held;
    const decoded = this.parts.sharedEntries!.valueIn(held);
    if (decoded === undefined) return undefined;
    const far = new FarAnswer(decoded, detached(held.value));
    const stored = { value: far, bytes: sizeOfBinary(far.bytes.length), copy: () => this.handOut(entry, far) };
    const entry: Entry = this.near.entryOf(key, stored, {
      tags: held.tags() as Tag[],
      token,
      ttlMs: ttlMs * NEAR_SHARE,
    });
    if (!this.near.admit(entry)) return undefined;
    // What is too large for memory is brought anew for each who asks.
    this.near.store(entry);
    return entry;
  }

  /** Whether it belongs to this life of the log, and to a part of it that is known here. */
  private canJudge({ token }: OpenedEnvelope, incarnation: string): boolean {
    return incarnation === this.log.incarnation && token <= this.validity.position && this.near.mayKeep(token);
  }

  /** A value for whoever asks: from the second on, memory holds it as what is faster to copy than bytes are to decode. */
  private handOut(entry: Entry, far: FarAnswer): unknown {
    const fresh = far.take();
    if (fresh !== undefined) return fresh.value;
    const value = this.parts.sharedEntries!.decode(far.bytes);
    try {
      this.near.keepAs(entry, value);
    } catch (error) {
      this.parts.failures.report('copying a stored value', error);
    }
    return value;
  }

  /** Lets other processes have an entry that holds its nodes, if there is a storage for it, and if that does not fail. */
  share(entry: Entry, ttlMs: number): Promise<boolean> {
    const { sharedEntries } = this.parts;
    return sharedEntries === undefined ? SHARED_WITH_NOBODY : this.shareBy(sharedEntries, entry, ttlMs);
  }

  private async shareBy(sharedEntries: SharedEntries, entry: Entry, ttlMs: number): Promise<boolean> {
    try {
      return await sharedEntries.set(entry.key, this.sealed(entry, ttlMs), this.lifetimes.jittered(ttlMs));
    } catch (error) {
      this.parts.failures.report('storing an answer', error);
      return false;
    }
  }

  /** An entry as others can judge it. */
  sealed({ key, nodes, token, value }: Entry, ttlMs: number): Uint8Array {
    const sharedEntries = this.parts.sharedEntries!;
    const tags = this.validity.tagsOf(nodes!);
    const bytes = value instanceof FarAnswer ? value.bytes : sharedEntries.encode(value);
    return sharedEntries.sealed(key, { bytes, tags, token, ttlMs }, this.log.incarnation);
  }
}

/** A counter of the shared storage, in the shape of an entry that nobody keeps. */
function counterOf(key: CacheKey, value: number, token: number): Entry {
  return new Entry(key, 0, value, itself, [], token, NO_EXPIRY);
}

/** Whether an entry that was found is a counter of the shared storage. */
export function isCounter({ value, bytes }: Entry): boolean {
  return typeof value === 'number' && bytes === 0;
}

function itself(value: unknown): unknown {
  return value;
}
