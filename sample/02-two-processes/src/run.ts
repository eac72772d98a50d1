import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Paint, painter } from '../../shared/terminal/painter.js';
import { ClaimFailed, Guide } from '../../shared/tour/guide.js';
import { walk } from '../../shared/tour/step.js';
import { ApiProcess } from './api-process.js';
import { CleanUp } from './clean-up.js';
import { namedPostgres, privatePostgres } from './database/postgres.js';
import { Witness } from './database/witness.js';
import { steps } from './story/steps.js';
import { Summary } from './story/summary.js';

export interface RunOptions {
  /** The storage that both processes share; when undefined, LMDB in a directory that is removed at the end. */
  storage?: string;
  /** Begins with `postgres://`; when undefined, a PostgreSQL is started for the story, if one is installed. */
  databaseUrl?: string;
}

const PATIENCE_MS = 15_000;
const INTERRUPTED = 130;

/** Tells the story of two processes, and resolves to the exit code: 1 when a claim failed. */
export async function run(out: NodeJS.WriteStream, options: RunOptions): Promise<number> {
  const paint = painter(out);
  const say = (line: string) => void out.write(`${line}\n`);
  say('');
  say(
    `${paint('bold', 'ZooCache in two processes')}  ${paint('dim', 'a write on one, the fresh answer on the other')}`,
  );
  say('');

  const cleanUp = new CleanUp();
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    say('');
    void cleanUp.run().finally(() => process.exit(INTERRUPTED));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const directory = mkdtempSync(join(tmpdir(), 'zoocache-shop-'));
    cleanUp.add(() => rmSync(directory, { recursive: true, force: true }));
    const { databaseUrl } = options;
    const postgres = databaseUrl ? namedPostgres(databaseUrl) : await privatePostgres(directory);
    if (!postgres) {
      explainWhatIsMissing(say, paint);
      return 0;
    }
    cleanUp.add(() => postgres.stop());
    const database = postgres.options;
    const witness = await Witness.open(database);
    cleanUp.add(() => witness.close());
    const storage = options.storage ?? `lmdb:${join(directory, 'cache')}`;
    const start = async (name: string) => {
      const api = new ApiProcess({ storage, database }, (line) => say(`   ${paint('cyan', name)} ${line}`));
      cleanUp.add(() => api.stop());
      say(`   ${paint('cyan', name)} listens on ${await api.listens()}, process ${api.processId}`);
      return api;
    };
    const a = await start('A');
    const b = await start('B');

    const guide = new Guide(say, paint);
    const summary = new Summary();
    await walk(steps, { a, b, witness, summary, patienceMs: PATIENCE_MS }, guide);
    say('');
    say(`   ${paint('bold', 'All answers')}`);
    guide.table(Summary.head, summary.lines, Summary.right);
    say('');
    say(`   ${paint(['green', 'bold'], `All ${guide.claims} claims of the tour held.`)}`);
    say('');
    return 0;
  } catch (error) {
    if (isInterrupted) {
      return INTERRUPTED;
    }
    if (!(error instanceof ClaimFailed)) {
      throw error;
    }
    say('');
    say(`   ${paint(['red', 'bold'], '✗')} ${error.message}`);
    return 1;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await cleanUp.run();
  }
}

function explainWhatIsMissing(say: (line: string) => void, paint: Paint): void {
  say('   Two processes need a database that both reach, and this machine has no PostgreSQL installed.');
  say(`   Install one (${paint('bold', 'apt-get install postgresql')}), which the sample starts for itself,`);
  say(
    `   or name one that runs: ${paint('bold', 'SHOP_DATABASE_URL=postgres://user@localhost/scratch npm run sample:two')}`,
  );
  say('');
}
