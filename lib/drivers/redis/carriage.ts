import type { RedisClient } from './redis-client.js';

/** So many values are on their way at once at most. */
const SEATS = 8;

/**
 * The connection of a bus, by which a few values of the storage travel along.
 *
 * A read of a shared storage sends two commands, its barrier and its GET. By one connection they are one packet there and
 * one back, and packets are most of what such a read costs. Answers come in the order of their commands, so there is room
 * for few values: a barrier must not wait behind megabytes that somebody else asked for.
 */
export class Carriage {
  /** Whether anything is to travel by it, so that its commands wait for company. */
  isUsed = false;

  private taken = 0;
  private isWaiting = false;

  constructor(private readonly client: RedisClient) {}

  /** Whether so many more values may get on. */
  hasRoomFor(count: number): boolean {
    return this.client.status === 'ready' && this.taken + count <= SEATS;
  }

  /** What is sent from now to the end of the turn leaves as one packet. */
  gather(): void {
    const { stream } = this.client;
    if (!this.isUsed || this.isWaiting || stream === undefined) return;
    this.isWaiting = true;
    stream.cork();
    // As late as a storage flushes: a microtask first, as ticks queued outside of one come before all promises.
    queueMicrotask(() =>
      process.nextTick(() => {
        this.isWaiting = false;
        stream.uncork();
      }),
    );
  }

  /** The values under keys for which there is room. */
  async read(keys: string[]): Promise<readonly (Buffer | null)[]> {
    this.taken += keys.length;
    this.gather();
    try {
      return keys.length === 1 ? [await this.client.getBuffer(keys[0])] : await this.client.mgetBuffer(keys);
    } finally {
      this.taken -= keys.length;
    }
  }
}

/** Lets values of a storage travel with the barriers of a bus, if both are in one Redis that is no cluster. */
export function travelTogether(storage: object | Traveller, bus: object | Carrier): void {
  if ('travelBy' in storage && 'carriage' in bus && bus.carriage !== undefined) storage.travelBy(bus.carriage);
}

interface Traveller {
  travelBy(carriage: Carriage): void;
}

interface Carrier {
  readonly carriage: Carriage | undefined;
}
