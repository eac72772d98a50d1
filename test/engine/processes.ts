import { afterEach } from '@jest/globals';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import type { InvalidationBus } from '../../lib/bus/invalidation-bus.js';
import { FleetFlight } from '../../lib/engine/fleet-flight.js';
import { SharedEntries } from '../../lib/engine/shared-entries.js';
import { SharedLog, type SharedLogParts } from '../../lib/engine/log/shared-log.js';
import { WritePath } from '../../lib/engine/write-path.js';
import type { CacheStorage } from '../../lib/storage/storage.js';
import { monotonicClock } from '../../lib/support/clock.js';
import { nodeTimers } from '../../lib/support/timers.js';
import { createEngine, type Fixture } from './engine-fixture.js';

/** One process among several that share a bus, and perhaps a storage. */
export interface Peer extends Omit<Fixture, 'log' | 'writes'> {
  readonly log: SharedLog;
  readonly writes: WritePath;
  readonly failures: { during: string; error: unknown }[];
}

export interface PeerOptions extends Partial<SharedLogParts> {
  readonly bus: InvalidationBus;
  readonly storage?: CacheStorage;
  readonly boundMs?: number;
  /** One process loads for all. */
  readonly flight?: 'shared';
  /** How many answers the process keeps in its own memory. */
  readonly maxEntries?: number;
  /** How many bytes they may take there. */
  readonly maxBytes?: number;
  /** What this process knows of its databases. */
  readonly schema?: string;
}

/** Starts a process: a real engine on a real shared log. */
async function startPeer(options: PeerOptions): Promise<Peer> {
  const { storage, boundMs, maxEntries, maxBytes, flight, schema = 'same', ...parts } = options;
  const failures: { during: string; error: unknown }[] = [];
  const report = (during: string, error: unknown): void => void failures.push({ during, error });
  const log = new SharedLog({
    clock: monotonicClock,
    timers: nodeTimers,
    failures: { report },
    onLogDown: 'proceed',
    history: storage === undefined ? 0 : 1_000,
    schemas: { of: () => schema },
    isOver: () => Promise.resolve(undefined),
    ...parts,
  });
  const sharedEntries =
    storage &&
    new SharedEntries({
      storage,
      prefix: 'test',
      codec: new BytesCodec(),
      clock: monotonicClock,
      timers: nodeTimers,
      failures: { report },
      schema: () => schema,
    });
  const fleet = sharedEntries && flight && new FleetFlight(sharedEntries, monotonicClock, nodeTimers);
  const fixture = createEngine({
    log,
    sharedEntries,
    fleet,
    boundMs,
    limits: { maxEntries, maxBytes },
    failures: { report },
  });
  const writes = new WritePath();
  writes.attach(log);
  await log.start();
  return { ...fixture, log, writes, failures };
}

/** Starts processes that are stopped after each test. */
export function stoppedAfterEach(): (options: PeerOptions) => Promise<Peer> {
  const peers: Peer[] = [];
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.log.close();
  });
  return async (options) => {
    const peer = await startPeer(options);
    peers.push(peer);
    return peer;
  };
}
