import type { DataSource } from 'typeorm';
import type { HookedRunner } from './hooked-runner.js';

let heard: unknown;

/** `createQueryRunner` with the hooks, so that one without can be told from it. */
export function rememberFactory(factory: unknown): void {
  heard = factory;
}

/**
 * Whether all callers of the DataSource are given this one runner, because somebody has given it to its manager, or has put
 * another function in the place of `createQueryRunner`. Drivers with a single connection give everybody the same one by
 * themselves, which does not count.
 */
export function isHandedToEverybody(runner: HookedRunner, dataSource: DataSource): boolean {
  if (dataSource.manager.queryRunner === runner) return true;
  if (heard === undefined || dataSource.createQueryRunner === heard) return false;
  // One that was made for the question has no connection yet, so there is nothing to release.
  return (dataSource.createQueryRunner() as unknown) === runner;
}
