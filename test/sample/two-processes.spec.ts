import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSourceOptions } from 'typeorm';
import { storageFrom } from '../../sample/02-two-processes/src/arguments.js';
import { steps } from '../../sample/02-two-processes/src/story/steps.js';
import { crowd } from '../../sample/02-two-processes/src/story/steps/crowd.step.js';
import { killedInTheMiddle } from '../../sample/02-two-processes/src/story/steps/killed-in-the-middle.step.js';
import { oneCache } from '../../sample/02-two-processes/src/story/steps/one-cache.step.js';
import { writeElsewhere } from '../../sample/02-two-processes/src/story/steps/write-elsewhere.step.js';
import type { Step } from '../../sample/02-two-processes/src/story/step.js';
import { Summary } from '../../sample/02-two-processes/src/story/summary.js';
import { ClaimFailed, Guide } from '../../sample/shared/tour/guide.js';
import { databases } from '../support/databases.js';
import { connectionTo, describeNeeding } from '../support/services.js';
import { CompiledSamples } from './compiled-samples.js';
import { NaiveShop } from './naive-shop.js';

/** A database of its own, as somebody would name it to the sample. */
async function databaseUrl(): Promise<string> {
  const postgres = databases().find(({ variant }) => variant === 'postgres')!;
  const options = (await postgres.createOptions([])) as Extract<DataSourceOptions, { type: 'postgres' }>;
  const { host, port, username, password, database } = options;
  return `postgres://${username}:${String(password)}@${encodeURIComponent(host!)}:${port}/${database}`;
}

const HELD = /All 1\d claims of the tour held\./;

describeNeeding('postgres', 'the story of two processes', () => {
  let samples: CompiledSamples;

  beforeAll(() => {
    samples = new CompiledSamples('02-two-processes');
  });
  afterAll(() => samples.remove());

  it('holds on LMDB, without any server for the cache', async () => {
    const { code, text } = await samples.run('02-two-processes', [], { SHOP_DATABASE_URL: await databaseUrl() });
    expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(HELD) });
  }, 40_000);

  describeNeeding('redis', 'that share Redis', () => {
    it('holds there too', async () => {
      const { url } = await connectionTo('redis');
      const { code, text } = await samples.run('02-two-processes', ['--storage', url], {
        SHOP_DATABASE_URL: await databaseUrl(),
      });
      expect({ code, text }).toEqual({ code: 0, text: expect.stringMatching(HELD) });
    }, 40_000);
  });
});

/** Walks one chapter where processes are naive. */
function walkNaively(step: Step, options: { readonly caches: boolean }): Promise<void> {
  const shop = new NaiveShop(options);
  const guide = new Guide(
    () => {},
    (_style, text) => text,
  );
  return step.walk({ ...shop.cast(), summary: new Summary(), patienceMs: 0 }, guide);
}

describe('the same story of processes that do not cache', () => {
  it.each(steps.map((step) => [step.title, step] as const))(
    '%s: a claim fails, so the step proves something',
    async (_title, step) => {
      await expect(walkNaively(step, { caches: false })).rejects.toThrow(ClaimFailed);
    },
  );
});

describe('the same story of processes that each cache for themselves', () => {
  it.each([
    ['asks the database twice', oneCache, /The database was asked once/],
    ['is stale after a write elsewhere', writeElsewhere, /its very next answer is what B wrote/],
    ['loads once in each process', crowd, /1,000 calls, one query/],
    ['trusts what a write under way is about to change', killedInTheMiddle, /A trusts no cache/],
  ])('%s, and is found out', async (_what, step, claim) => {
    await expect(walkNaively(step, { caches: true })).rejects.toThrow(claim);
  });
});

describe('the storage of the sample', () => {
  it('must be shared, or the second process would have nothing to tell', () => {
    expect(() => storageFrom(['--storage', 'memory://'])).toThrow('--storage must be shared by processes');
    expect(storageFrom(['--storage', 'redis://localhost'])).toBe('redis://localhost');
    expect(storageFrom([])).toBeUndefined();
  });
});
