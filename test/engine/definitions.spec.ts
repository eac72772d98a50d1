import { beforeEach, describe, expect, it } from '@jest/globals';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { stoppedAfterEach, type Peer, type PeerOptions } from './processes.js';

let log: ReferenceLog;
beforeEach(() => {
  log = new ReferenceLog();
});

const startOne = stoppedAfterEach();

/** A process, and in which databases it heard of definitions. */
async function start(options: Partial<PeerOptions> = {}): Promise<Peer & { readonly heard: string[] }> {
  const heard: string[] = [];
  const onDefinition = (database: string | undefined): void => void heard.push(database ?? 'any');
  return { ...(await startOne({ bus: new ReferenceBus(log), onDefinition, ...options })), heard };
}

describe('A definition', () => {
  it('is heard by the other processes, and not by the one that made it', async () => {
    const [one, other] = [await start(), await start()];
    one.writes.define('shop');
    for (const peer of [one, other]) await peer.log.settled();
    expect([one.heard, other.heard]).toEqual([[], ['shop']]);
  });

  it('invalidates nothing by itself', async () => {
    const [one, other] = [await start(), await start()];
    await other.read('product', 'kept', []);
    one.writes.define('shop');
    await one.log.settled();
    expect(await other.read('product', 'loaded again', [])).toBe('kept');
  });

  it('of before its start is nothing new to a process that applies what came before', async () => {
    const one = await start();
    one.writes.define('shop');
    await one.log.settled();
    const late = await start({ storage: new MapStorage() });
    await late.log.settled();
    expect(late.heard).toEqual([]);
    one.writes.define('shop');
    await one.log.settled();
    await late.log.settled();
    expect(late.heard).toEqual(['shop']);
  });

  it('may have been made while the log was lost, in any database', async () => {
    const one = await start();
    log.lose(0);
    await one.log.settled();
    while (one.log.obstacle(0) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(one.heard).toEqual(['any']);
  });
});
