import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { InvalidationBus } from '../bus/invalidation-bus.js';
import { BUS_CHECKS } from './bus-checks.js';
import type { BusCheck } from './bus-scene.js';
import { withOpened, type ConformanceCheck } from './conformance-check.js';
import { boundedLogChecks, FOLLOWING_CHECKS, lossChecks, SHARED_BUS_CHECKS } from './shared-bus-checks.js';

/** Opens another connection to one and the same log. */
export type OpenBus = () => InvalidationBus | Promise<InvalidationBus>;

/** What is promised beyond the methods that every bus has, and what can be done to its log. */
export interface BusConformanceOptions {
  /**
   * Whether the log lives in this process and is heard through `local`; then what only other processes need is not
   * checked.
   *
   * @default false
   */
  readonly local?: boolean;
  /** Whether it has `follow`. @default false */
  readonly follows?: boolean;
  /** A log of its own that keeps about as many `records`, some hundred at most. */
  readonly smallLog?: { readonly open: OpenBus; readonly records: number };
  /** Destroys the log that `open` connects to, as a server that lost its data would; connections stay open. */
  readonly loseLog?: () => unknown;
  /** How many milliseconds to wait for what must happen by itself, such as being woken. @default 5000 */
  readonly patienceMs?: number;
}

/**
 * The promises of `InvalidationBus` as tests for any framework:
 *
 * ```ts
 * describe('MyBus', () => {
 *   for (const { title, run } of busConformance(() => new MyBus(url), { follows: true })) it(title, run);
 * });
 * ```
 *
 * Give it a log of its own that keeps at least 5,000 records, and run one check after the other: positions are counted.
 *
 * @param open opens another connection to one and the same log; each check opens two, and closes them
 */
export function busConformance(
  open: OpenBus,
  { local = false, follows = false, smallLog, loseLog, patienceMs = 5_000 }: BusConformanceOptions = {},
): readonly ConformanceCheck[] {
  const checkOn =
    (openOne: OpenBus) =>
    ([title, check]: BusCheck): ConformanceCheck => ({
      title,
      run: () =>
        withOpened(openOne, async (openAnother) => {
          const [bus, other] = [await openAnother(), await openAnother()];
          await Promise.all([bus.hello(), other.hello()]);
          await check({ bus, other, open: openAnother, prefix: `conformance-${randomUUID()}:`, patienceMs });
        }),
    });
  const members: BusCheck = [
    `has ${follows ? 'a' : 'no'} way to follow, and a log that lives ${local ? 'in this process' : 'outside'}`,
    async ({ bus }) => {
      assert.equal(bus.follow !== undefined, follows, 'whether it has follow');
      assert.equal(bus.local !== undefined, local, 'whether it has local');
    },
  ];
  return [
    ...[
      members,
      ...BUS_CHECKS,
      ...(local ? [] : SHARED_BUS_CHECKS),
      ...(follows ? FOLLOWING_CHECKS : []),
      ...(loseLog === undefined ? [] : lossChecks(loseLog)),
    ].map(checkOn(open)),
    ...(smallLog === undefined ? [] : boundedLogChecks(smallLog.records).map(checkOn(smallLog.open))),
  ];
}
