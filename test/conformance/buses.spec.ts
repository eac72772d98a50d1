import { describe, expect, it } from '@jest/globals';
import { LocalBus } from '../../lib/bus/local/local-bus.js';
import {
  busConformance,
  ReferenceBus,
  ReferenceLog,
  type BusConformanceOptions,
  type OpenBus,
} from '../../lib/testing/index.js';

interface Implementation extends BusConformanceOptions {
  readonly name: string;
  readonly open: OpenBus;
}

const localBus = new LocalBus();
const log = new ReferenceLog();
const smallLog = new ReferenceLog({ maxRecords: 100 });

const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'LocalBus', open: () => localBus, local: true },
  {
    name: 'ReferenceBus',
    open: () => new ReferenceBus(log),
    follows: true,
    loseLog: () => log.lose(1_000),
    smallLog: { open: () => new ReferenceBus(smallLog), records: 100 },
  },
];

describe.each(IMPLEMENTATIONS)('$name', ({ open, ...options }) => {
  it.each(busConformance(open, options))('$title', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
