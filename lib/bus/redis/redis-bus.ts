import { randomUUID } from 'node:crypto';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import {
  FORGOTTEN,
  INCARNATION_CHANGED,
  type BusState,
  type InvalidationBus,
  type LogRecord,
  type NewRecord,
} from '../invalidation-bus.js';
import { Carriage } from '../../drivers/redis/carriage.js';
import type { LogNames } from './log-names.js';
import { decodeRecord, encodeRecord, LETTERS } from './record-text.js';
import { RedisLink, type LinkConnection } from './redis-link.js';
import { APPEND, HELLO, SINCE } from './scripts.js';
import { WakeUp } from './wake-up.js';

/** What a bus in Redis can be told. */
export interface RedisBusOptions {
  /**
   * About how many records the log keeps; a process that is further behind starts anew. A small record takes about 100
   * bytes.
   *
   * @default 100_000
   */
  readonly maxLength?: number | undefined;
  /**
   * How long reads bypass when a log begins that may have had a former life, in milliseconds: at least twice the time in
   * which a COMMIT follows its mark.
   *
   * @default 2_000
   */
  readonly quarantineMs?: number | undefined;
}

/** How a bus comes to its connections: the first for commands, and another for being woken. */
export interface RedisConnections {
  readonly first: LinkConnection;
  readonly another: () => LinkConnection | Promise<LinkConnection>;
  /** What is connected, as the reader of an error knows it: a URL without its password. */
  readonly place: string;
}

/** The longest answer that is asked for at once: Redis does nothing else while it writes it. A quarter of a megabyte. */
const PAGE_BYTES = 256 * 1024;

/** What scripts answer in the place of a position. */
const CHANGED = -1;

/**
 * The bus of processes that share a Redis (or Valkey) from version 7 on: one server, what its sentinels name, or the node of
 * a cluster that serves the slot of the log.
 *
 * Records form a stream, beside it a hash says which life of the log this is. Every call is one script, and every script
 * finds out by itself whether it speaks to the life that the caller knows: its incarnation is noted together with the
 * `master_replid` of the server, which changes whenever the server is started, is promoted, or begins to replicate
 * another. So a primary that lost its last second of records to a crash or a failover is not believed, however whole its
 * log looks.
 */
export class RedisBus implements InvalidationBus {
  readonly reach = 'network';
  /** By which values of a storage in the same server may travel; a cluster has them elsewhere. */
  readonly carriage: Carriage | undefined;

  private readonly keys: readonly string[];
  private readonly link: RedisLink;
  private readonly maxLength: number;
  private readonly quarantineMs: number;
  /** Tells own messages from those of others. */
  private readonly sender = randomUUID().slice(0, 8);
  private readonly wakes = new Set<() => void>();
  private wakeUp: Promise<WakeUp | undefined> | undefined;

  constructor(
    private readonly names: LogNames,
    private readonly connections: RedisConnections,
    { maxLength = 100_000, quarantineMs = 2_000 }: RedisBusOptions,
  ) {
    this.keys = [names.log, names.meta];
    this.maxLength = maxLength;
    this.quarantineMs = quarantineMs;
    const { client } = connections.first;
    this.carriage = client.isCluster ? undefined : new Carriage(client);
    this.link = new RedisLink(connections.first, connections.place);
  }

  async hello(former?: string): Promise<BusState> {
    await this.link.attempted;
    const args = [randomUUID(), former ?? '', this.quarantineMs];
    let answer = await this.link.run(HELLO, this.keys, [...args, 'unknown']);
    if (!Array.isArray(answer)) {
      const hasOthers = await this.link.hasNamed(this.names.connection);
      answer = await this.link.run(HELLO, this.keys, [...args, hasOthers === false ? 'no' : 'yes']);
    }
    const [incarnation, position, floor, remainingMs, ...marks] = answer as [
      string,
      number,
      number,
      number,
      ...unknown[],
    ];
    // Only now: who has no incarnation yet trusts none, so that processes which start together need no quarantine.
    await this.link.setName(this.names.connection);
    const pending: LogRecord[] = [];
    for (let i = 0; i < marks.length; i += 2) pending.push(this.decode(marks[i + 1] as string, marks[i] as number));
    pending.sort((a, b) => a.position - b.position);
    const quarantineMs = Math.max(0, remainingMs);
    return { incarnation, position, floor, pending, quarantineMs, trustedForMs: quarantineMs - remainingMs };
  }

  async append(incarnation: string, records: readonly NewRecord[]): Promise<number | typeof INCARNATION_CHANGED> {
    const args: (string | number)[] = [incarnation, this.maxLength, this.names.wake, this.sender];
    for (const record of records) args.push(LETTERS[record.kind], record.transactionId, encodeRecord(record));
    const answer = (await this.link.run(APPEND, this.keys, args)) as number;
    return answer === CHANGED ? INCARNATION_CHANGED : answer;
  }

  async since(
    incarnation: string,
    position: number,
  ): Promise<readonly LogRecord[] | typeof INCARNATION_CHANGED | typeof FORGOTTEN> {
    const records: LogRecord[] = [];
    let next = position;
    let end = Infinity;
    this.carriage?.gather();
    do {
      const answer = await this.link.run(SINCE, this.keys, [incarnation, next, PAGE_BYTES]);
      if (answer === 0) break;
      if (!Array.isArray(answer)) return answer === CHANGED ? INCARNATION_CHANGED : FORGOTTEN;
      const [head, ...texts] = answer as [number, ...string[]];
      for (const text of texts) records.push(this.decode(text, ++next));
      // What is appended while pages are turned is after the barrier: whoever appends fast must not keep a reader here.
      end = Math.min(end, head);
    } while (next < end);
    return records;
  }

  follow(wake: () => void): () => void {
    const own = () => wake();
    this.wakes.add(own);
    // Whoever cannot be woken is never woken, which is allowed.
    this.wakeUp ??= this.openWakeUp().catch(() => undefined);
    return () => void this.wakes.delete(own);
  }

  async close(): Promise<void> {
    this.wakes.clear();
    await Promise.all([this.link.close(), this.wakeUp?.then((wakeUp) => wakeUp?.close())]);
  }

  private decode(text: string, position: number): LogRecord {
    try {
      return decodeRecord(text, position);
    } catch (cause) {
      throw new ZooCacheError('BUS_FAILED', {
        what: 'Another version of this package wrote a record that this one cannot read',
        name: `position ${position} of '${this.names.log}'`,
        next: 'Give applications that share a prefix the same version, or each its own prefix',
        cause,
      });
    }
  }

  private async openWakeUp(): Promise<WakeUp> {
    return new WakeUp(await this.connections.another(), this.names.wake, this.sender, () => {
      for (const wake of this.wakes) wake();
    });
  }
}
