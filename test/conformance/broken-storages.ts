import { MapStorage, type MapPlace } from '../../lib/testing/index.js';

/** Lets everybody else go first, as a round trip would. */
const roundTrip = () => new Promise<void>((resolve) => setImmediate(resolve));

const toText = (bytes: Uint8Array) => Buffer.from(bytes).toString();

export class KeepsTextStorage extends MapStorage {
  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    return super.set(key, Buffer.from(toText(bytes)), ttlMs);
  }
}

export class KeepsWholeBufferStorage extends MapStorage {
  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    return super.set(key, new Uint8Array(bytes.buffer), ttlMs);
  }
}

export class AnswersMissingWithNoBytesStorage extends MapStorage {
  override async get(key: string) {
    return (await super.get(key)) ?? new Uint8Array();
  }
}

export class KeepsFirstBytesStorage extends MapStorage {
  override async set(key: string, bytes: Uint8Array, ttlMs: number) {
    await this.add(key, bytes, ttlMs);
  }
}

export class KeepsFirstLifetimeStorage extends MapStorage {
  private readonly lifetimes = new Map<string, number>();

  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    if (!this.lifetimes.has(key)) this.lifetimes.set(key, ttlMs);
    return super.set(key, bytes, this.lifetimes.get(key)!);
  }
}

export class ForgetsTtlStorage extends MapStorage {
  override set(key: string, bytes: Uint8Array) {
    return super.set(key, bytes, Infinity);
  }
}

export class TakesSecondsStorage extends MapStorage {
  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    return super.set(key, bytes, ttlMs * 1_000);
  }
}

export class CutsLifetimesStorage extends MapStorage {
  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    return super.set(key, bytes, Math.min(ttlMs, 50));
  }
}

export class RefusesFractionsStorage extends MapStorage {
  override async set(key: string, bytes: Uint8Array, ttlMs: number) {
    if (Number.isFinite(ttlMs)) BigInt(ttlMs);
    await super.set(key, bytes, ttlMs);
  }
}

export class DeletesTheExpiredStorage extends MapStorage {
  private readonly seen = new Set<string>();

  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    this.seen.add(key);
    return super.set(key, bytes, ttlMs);
  }

  override async delete(key: string) {
    await super.delete(key);
    return this.seen.delete(key);
  }
}

/** As a timer does, which takes Infinity for a millisecond. */
export class EndsInfinityAtOnceStorage extends MapStorage {
  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    return super.set(key, bytes, ttlMs === Infinity ? 1 : ttlMs);
  }
}

export class AlwaysSaysDeletedStorage extends MapStorage {
  override async delete(key: string) {
    await super.delete(key);
    return true;
  }
}

export class NeverDeletesStorage extends MapStorage {
  override async delete(key: string) {
    return (await this.get(key)) !== undefined;
  }
}

abstract class RewritesKeysStorage extends MapStorage {
  abstract rewrite(key: string): string;

  override get(key: string) {
    return super.get(this.rewrite(key));
  }

  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    return super.set(this.rewrite(key), bytes, ttlMs);
  }
}

export class FoldsKeysStorage extends RewritesKeysStorage {
  rewrite(key: string) {
    return key.toLowerCase();
  }
}

export class TrimsKeysStorage extends RewritesKeysStorage {
  rewrite(key: string) {
    return key.trimEnd();
  }
}

export class CutsKeysStorage extends RewritesKeysStorage {
  rewrite(key: string) {
    return key.slice(0, 1_024);
  }
}

export class NormalizesKeysStorage extends RewritesKeysStorage {
  rewrite(key: string) {
    return key.normalize();
  }
}

export class EncodesKeysStorage extends RewritesKeysStorage {
  rewrite(key: string) {
    return Buffer.from(key).toString('hex');
  }
}

export class TearsStorage extends MapStorage {
  override async set(key: string, bytes: Uint8Array, ttlMs: number) {
    const middle = bytes.length >> 1;
    await super.set(`${key} first half`, bytes.subarray(0, middle), ttlMs);
    for (let trips = bytes.length % 7; trips > 0; trips--) await roundTrip();
    await super.set(`${key} second half`, bytes.subarray(middle), ttlMs);
  }

  override async get(key: string) {
    const halves = [await super.get(`${key} first half`), await super.get(`${key} second half`)];
    return halves[0] && halves[1] && Buffer.concat([halves[0], halves[1]]);
  }
}

export class MixesUpAnswersStorage extends MapStorage {
  private asked = '';

  override async get(key: string) {
    this.asked = key;
    await roundTrip();
    return super.get(this.asked);
  }
}

export class KeepsGivenMemoryStorage extends MapStorage {
  private readonly given = new Map<string, Uint8Array>();

  override async set(key: string, bytes: Uint8Array) {
    this.given.set(key, bytes);
  }

  override async get(key: string) {
    const bytes = this.given.get(key);
    return bytes && new Uint8Array(bytes);
  }
}

export class HandsOutItsMemoryStorage extends MapStorage {
  private readonly kept = new Map<string, Uint8Array>();

  override async set(key: string, bytes: Uint8Array) {
    this.kept.set(key, new Uint8Array(bytes));
  }

  override async get(key: string) {
    return this.kept.get(key);
  }

  override async getMany(keys: readonly string[]) {
    return keys.map((key) => this.kept.get(key));
  }
}

export class IsAloneStorage extends MapStorage {
  constructor(_place: MapPlace) {
    super();
  }
}

abstract class ListsKeysStorage extends MapStorage {
  protected readonly listed = new Set<string>();

  override set(key: string, bytes: Uint8Array, ttlMs: number) {
    this.listed.add(key);
    return super.set(key, bytes, ttlMs);
  }
}

export class ClearsByPatternStorage extends ListsKeysStorage {
  override async clear(prefix: string) {
    const pattern = new RegExp(`^${prefix.replaceAll(/[^*\w]/g, '\\$&').replaceAll('*', '.*')}`);
    for (const key of this.listed) if (pattern.test(key)) await this.delete(key);
  }
}

export class ClearsEverythingStorage extends MapStorage {
  override clear() {
    return super.clear('');
  }
}

export class ClearsOnePageStorage extends ListsKeysStorage {
  override async clear(prefix: string) {
    const page = [...this.listed].filter((key) => key.startsWith(prefix)).slice(0, 1_000);
    for (const key of page) await this.delete(key);
  }
}

export class NeedsPrefixToClearStorage extends MapStorage {
  override async clear(prefix: string) {
    if (prefix !== '') await super.clear(prefix);
  }
}

export class ClosesOnceStorage extends MapStorage {
  private isOpen = true;

  async close() {
    if (!this.isOpen) throw new Error('closed already');
    this.isOpen = false;
  }
}

export class ForgetsWhenClosedStorage extends MapStorage {
  close() {
    return this.clear('');
  }
}

export class GetsManyThatAreThereStorage extends MapStorage {
  override async getMany(keys: readonly string[]) {
    return (await super.getMany(keys)).filter((bytes) => bytes !== undefined);
  }
}

export class GetsManyOnceEachStorage extends MapStorage {
  override getMany(keys: readonly string[]) {
    return super.getMany([...new Set(keys)]);
  }
}

export class GetsOnePageStorage extends MapStorage {
  override async getMany(keys: readonly string[]) {
    return (await super.getMany(keys)).map((bytes, index) => (index < 100 ? bytes : undefined));
  }
}

export class AddsOverStorage extends MapStorage {
  override async add(key: string, bytes: Uint8Array, ttlMs: number) {
    const isNew = (await this.get(key)) === undefined;
    await this.set(key, bytes, ttlMs);
    return isNew;
  }
}

export class AddsLateStorage extends MapStorage {
  override async add(key: string, bytes: Uint8Array, ttlMs: number) {
    if ((await this.get(key)) !== undefined) return false;
    await roundTrip();
    await this.set(key, bytes, ttlMs);
    return true;
  }
}

export class AddsForeverStorage extends MapStorage {
  override add(key: string, bytes: Uint8Array) {
    return super.add(key, bytes, Infinity);
  }
}

export class BeginsAtZeroStorage extends MapStorage {
  override increment(key: string, by: number) {
    return super.increment(key, by, 0);
  }
}

export class IncrementsLateStorage extends MapStorage {
  override async increment(key: string, by: number, initial: number) {
    const sum = Number(toText((await this.get(key)) ?? Buffer.from(String(initial)))) + by;
    await roundTrip();
    await this.set(key, Buffer.from(String(sum)), Infinity);
    return sum;
  }
}

export class IncrementsForeverStorage extends MapStorage {
  override async increment(key: string, by: number, initial: number) {
    const sum = await super.increment(key, by, initial);
    await this.set(key, Buffer.from(String(sum)), Infinity);
    return sum;
  }
}

export class IncrementsAnythingStorage extends MapStorage {
  override async increment(key: string, by: number, initial: number) {
    const held = await this.get(key);
    if (held === undefined) return super.increment(key, by, initial);
    await this.set(key, Buffer.from(String((Number.parseInt(toText(held), 10) || 0) + by)), Infinity);
    return super.increment(key, 0, 0);
  }
}

export class TouchesNothingStorage extends MapStorage {
  override async touch(key: string) {
    return (await super.get(key)) !== undefined;
  }
}

export class TouchesWhatIsNotThereStorage extends MapStorage {
  override async touch(key: string, ttlMs: number) {
    await super.touch(key, ttlMs);
    return true;
  }
}

export class HasNothingNowStorage extends MapStorage {
  getNow(): undefined {}
}
