import { NestFactory } from '@nestjs/core';
import { listen } from '../../../shared/http/listen.js';
import { ZooCacheLog } from '../../../shared/terminal/zoocache-log.js';
import { ShopModule, type ShopOptions } from './shop.module.js';

/** One API process: it listens on a port that is free, says where, and ends when whoever started it does. */
const app = await NestFactory.create(ShopModule.of(JSON.parse(process.argv[2]) as ShopOptions), {
  logger: new ZooCacheLog((line) => console.log(line.trim()), false),
  abortOnError: false,
  forceCloseConnections: true,
});
process.once('disconnect', () => void app.close());
process.send?.(await listen(app, 0));
