import type { DataSource } from 'typeorm';
import { processWritePath } from '../../engine/write-path.js';
import { nodeTimers, type Timers } from '../../support/timers.js';
import { connect, connectionOf } from '../connections/connections.js';
import { initializedDataSources } from '../databases/data-sources.js';
import { heardDataSource, type HeardDataSource } from '../statements/heard-data-source.js';
import { reportHookFailure } from '../library/hook-failures.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import { isRenamed } from './renamed-connections.js';
import { sendUnheard } from './runner-hooks.js';

/** How long after it was forgotten the catalogue of an idle DataSource is read, in milliseconds; twice as long after each try. */
const FIRST_TRY_MS = 5_000;
const LAST_TRY_MS = 60_000;

/**
 * Reads the catalogues of all DataSources that are initialised now, before anybody is answered: a write that is judged
 * without one must count as if it had reached anything its database's keys and views may lead to.
 */
export async function learnCatalogues(): Promise<void> {
  await Promise.all([...initializedDataSources()].map((dataSource) => learnCatalogue(dataSource)));
}

/** The same for one DataSource; nothing while nobody caches. Never rejects: the statements that need it try again. */
export async function learnCatalogue(dataSource: DataSource): Promise<void> {
  try {
    await readCatalogueOf(dataSource);
  } catch (error) {
    reportHookFailure('reading the catalogue of a database', error);
  }
}

const awaited = new WeakSet<HeardDataSource>();

/**
 * Reads a catalogue that was forgotten, unless a statement needs it before.
 *
 * A DataSource that is idle sends none, and a process that does not know the catalogues of all its databases shares no
 * entries with those that do.
 */
export function learnWhenIdle(source: HeardDataSource, timers: Timers = nodeTimers): void {
  if (awaited.has(source)) return;
  awaited.add(source);
  const tryAfter = (ms: number): void => void timers.after(ms, () => void attempt(ms));
  const attempt = async (ms: number): Promise<void> => {
    // That its database is away is told to those who have something to ask it.
    if (await isKnownOrUnwanted(source).catch(() => false)) awaited.delete(source);
    else tryAfter(Math.min(2 * ms, LAST_TRY_MS));
  };
  tryAfter(FIRST_TRY_MS);
}

async function isKnownOrUnwanted(source: HeardDataSource): Promise<boolean> {
  const { dataSource } = source;
  const isGone = !dataSource.isInitialized || heardDataSource(dataSource) !== source;
  if (isGone || !isCatalogueWanted(dataSource)) return true;
  await readCatalogueOf(dataSource);
  return source.isCatalogueRead;
}

function isCatalogueWanted({ options }: DataSource): boolean {
  return processWritePath.hasFollowers && options.type !== 'mongodb';
}

async function readCatalogueOf(dataSource: DataSource): Promise<void> {
  if (!isCatalogueWanted(dataSource)) return;
  const source = heardDataSource(dataSource);
  if (source.isCatalogueRead) return;
  const runner = dataSource.createQueryRunner() as HookedRunner;
  try {
    const connection = connectionOf(runner, dataSource) ?? (await connect(runner, dataSource));
    // What another caller has begun on a shared connection is not waited for.
    if (connection === undefined || connection.mayBeInTransaction || isRenamed(connection)) return;
    await source.readCatalogue(async (text) => {
      // One that is heard would wait for the catalogue itself.
      const rows: unknown = await sendUnheard(runner, text);
      return Array.isArray(rows) ? (rows as Readonly<Record<string, unknown>>[]) : [];
    });
  } finally {
    await runner.release();
  }
}
