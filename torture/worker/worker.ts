import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Dice } from '../../test/support/dice.js';
import { now } from '../world/clock.js';
import { ENTITIES, KEEPERS } from '../world/entities.js';
import { Journal } from '../world/journal.js';
import { openCached, openNaive } from './applications.js';
import type { Answer, Command, WorkerOptions } from './commands.js';
import { DirectAnswers } from './direct-answers.js';
import { Reads } from './reads.js';
import { Writes } from './writes.js';

/*
 * One process of the fleet: it reads and writes until it is told to be quiet, writes down everything, and dies whenever
 * somebody kills it.
 */

const options = JSON.parse(process.argv[2]) as WorkerOptions;
const journal = new Journal(options.journal);
const dice = new Dice(options.seed);
const { answers, dataSource, hits, afterCommit, close } = await (options.isNaive
  ? openNaive(options)
  : openCached(options, (during, error) => {
      journal.write({ what: 'failed', at: now(), name: during, message: String(error).slice(0, 200) });
    }));
// On connections of its own, which no library has ever seen.
const plain = await new DataSource({ ...options.database, entities: ENTITIES, poolSize: 3 }).initialize();
const reads = new Reads(dataSource, answers, new DirectAnswers(plain), journal, dice);
const writes = new Writes(dataSource, journal, dice, options.name, (slots) => afterCommit(slots, KEEPERS));

const state = { isQuiet: false };

async function readOn(): Promise<void> {
  while (!state.isQuiet) {
    await reads.next();
    await pause(dice.between(0, 4));
  }
}

async function writeOn(): Promise<void> {
  while (!state.isQuiet) {
    await writes.next();
    await pause(dice.between(options.writePauseMs / 2, options.writePauseMs * 2));
  }
}

const delays = monitorEventLoopDelay();
delays.enable();
const counting = setInterval(count, 200);
const running = [...Array.from({ length: options.readers }, readOn), writeOn(), writeOn()];

process.on('message', (command: Command) => void obey(command));
process.on('disconnect', () => process.exit(0));
answer({ told: 'ready' });

function count(): void {
  journal.write({ what: 'figures', hits: hits(), lagMs: Math.round(delays.max / 1e6) });
  delays.reset();
}

async function obey(command: Command): Promise<void> {
  switch (command) {
    case 'be quiet':
      state.isQuiet = true;
      await Promise.all(running);
      clearInterval(counting);
      count();
      answer({ told: 'quiet' });
      break;
    case 'rest': {
      const before = hits();
      const { asked, wrong } = await reads.rest();
      answer({ told: 'rested', asked, wrong, hits: hits() - before });
      break;
    }
    case 'end':
      await close();
      await plain.destroy();
      journal.close();
      process.disconnect();
  }
}

function answer(told: Answer): void {
  process.send!(told);
}
