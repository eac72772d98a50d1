import type { Cluster } from 'node:cluster';
import { hastyTimes } from '../engine/consistency.js';
import { cachedMethodsOf } from './cache-query.decorator.js';
import { targetsNamedIn } from './invalidates.decorator.js';
import { withoutPassword } from '../storage/open-storage.js';
import type { MethodSite } from './method-site.js';
import type { Runtime } from './runtime.js';

/** What the application's log says about the cache when it starts. */
export function startUpLine(runtime: Runtime): string {
  const { settings } = runtime;
  const bus =
    typeof settings.bus === 'string' ? withoutPassword(settings.bus).replace(/:\/*$/, '') : nameOf(settings.bus);
  const storage = typeof settings.storage === 'string' ? withoutPassword(settings.storage) : nameOf(settings.storage);
  const facts = [
    `storage ${storage}${runtime.sharedLog === undefined ? ' (this process only)' : ''}`,
    `bus ${bus}`,
    `level ${settings.level}`,
    counted(runtime.scopes.dataSources().length, 'DataSource'),
    counted(sitesIn(runtime).size, 'cached method'),
  ];
  return `${settings.isEnabled ? 'Ready' : 'Disabled'}: ${facts.join(', ')}`;
}

/** A process that is one of several hears nothing of the others' writes. */
export function ownProcessWarning(environment: NodeJS.ProcessEnv): string | undefined {
  const place = isClusterWorker()
    ? 'a cluster worker'
    : environment.pm_id !== undefined || environment.NODE_APP_INSTANCE !== undefined
      ? 'a PM2 instance'
      : undefined;
  if (place === undefined) return undefined;
  return (
    `This process is ${place}, and memory:// hears the writes of this process only: answers may be older than what ` +
    "other instances wrote. Give ZooCacheModule.forRoot() what all of them share ('lmdb:./dir' or 'redis://host:6379'), " +
    'or run one instance'
  );
}

/** Only who has a channel to another process may be one; for all others, the module would be loaded at every start in vain. */
function isClusterWorker(): boolean {
  if (process.send === undefined) return false;
  return (process.getBuiltinModule('node:cluster') as unknown as Cluster).isWorker;
}

/** Times of decorated methods that were most likely meant in seconds. */
export function durationWarnings(runtime: Runtime): string[] {
  return [...sitesIn(runtime)].flatMap(({ options, where }) => hastyTimes(options, where));
}

/**
 * Looks at all that decorated methods invalidate or are said to depend on, unless a DataSource is yet to come that may know it.
 *
 * @throws ZooCacheError `UNKNOWN_ENTITY`, rather than when such a method has done its work
 */
export function checkTargets(runtime: Runtime): void {
  if (!runtime.scopes.dataSources().every(({ isInitialized }) => isInitialized)) return;
  for (const prototype of runtime.scopes.prototypes()) {
    runtime.targets.invalidationOf(targetsNamedIn(prototype));
    for (const { options } of cachedMethodsOf(prototype)) runtime.targets.dependenciesOn(options.dependsOn ?? []);
  }
}

function sitesIn(runtime: Runtime): Set<MethodSite> {
  return new Set([...runtime.scopes.prototypes()].flatMap((prototype) => cachedMethodsOf(prototype)));
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function nameOf(instance: object): string {
  return instance.constructor.name;
}
