import { ZooCacheService } from 'nestjs-zoocache';
import { Redis } from 'ioredis';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openShop } from './shop.js';

/**
 * A process that reads one answer all the time, at most five seconds old, and tells whoever started it when it loads the
 * answer again, or a message arrives: by the clock that all processes of a machine share.
 */
const [url] = process.argv.slice(2);
const app = await openShop({ storage: 'memory://', bus: url, consistency: { bounded: '5s' } });
const zooCache = app.get(ZooCacheService);
const subscriber = new Redis(url);
const tell = (): void => void process.send!({ at: Number(process.hrtime.bigint()) });
subscriber.on('message', tell);
await subscriber.subscribe('message');
process.on('disconnect', () => process.exit(0));

for (;;) {
  await zooCache.getOrLoad('news', tell, { tags: ['news'] });
  await nextTurn();
}
