import type { Finding } from '../engine/finding.js';
import { ZooCacheError } from '../errors/zoocache.error.js';
import type { CacheKey } from '../keys/cache-key.js';
import { BINDING, type Bindable } from '../nest/binding.js';
import { cachedMethodsOf } from '../nest/cache-query.decorator.js';
import type { MethodSite } from '../nest/method-site.js';
import { isNoCache } from '../nest/no-cache.decorator.js';
import type { Runtime } from '../nest/runtime.js';
import { closestTo } from '../support/did-you-mean.js';
import { initializedDataSources } from '../typeorm/databases/data-sources.js';
import { entityNames } from '../typeorm/entities/entity-names.js';
import { explanationOf, type Explanation } from './explanation.js';

/**
 * Explains what a user's key holds.
 *
 * @param written the key as its user writes it
 */
export async function explainKey(runtime: Runtime, key: CacheKey, written: string): Promise<Explanation> {
  return inWords(runtime, await runtime.engine.explain(key), written);
}

/**
 * Explains what a call of a decorated method would be answered with.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for anything but an instance of this application and one of its methods that
 * `@CacheQuery` decorates; and what making the key of such a call throws
 */
export async function explainCall(
  runtime: Runtime,
  service: unknown,
  name: unknown,
  args: unknown[],
): Promise<Explanation> {
  if ((typeof service !== 'object' && typeof service !== 'function') || service === null) {
    throw refused('There is no instance to ask about', typeof service, 'Give a key, or a service and its method');
  }
  if (typeof service === 'function') {
    throw refused(
      'A class has no answers of its own',
      service.name || 'a class',
      'Give the instance that Nest made of it',
    );
  }
  const method = methodOf(service, name);
  const title = shown(service, name);
  if (isNoCache(method)) return inWords(runtime, bypassed('no-cache'), `${title}()`);
  const site = siteOf(service, name as string | symbol, title);
  const binding = (service as Bindable)?.[BINDING];
  if (binding === undefined || !binding.belongsTo(runtime)) {
    throw refused(
      binding === undefined ? 'Nest did not make this instance' : 'This instance belongs to another application',
      title,
      binding === undefined ? 'Nothing it answers is cached; give the one that Nest injects' : 'Ask the cache of that',
    );
  }
  const key = binding.method(site).keyOf(service, args);
  if (key === undefined) return inWords(runtime, bypassed('argument'), `${title}()`);
  return inWords(runtime, await runtime.engine.explain(key), key.slice(2));
}

function inWords(runtime: Runtime, finding: Finding, key: string): Explanation {
  const { prefix } = runtime.settings;
  const { incarnation } = runtime.engine;
  return explanationOf(finding, { key, prefix, incarnation, nameTable: entityNames(initializedDataSources) });
}

/** What is so at every call. */
function bypassed(because: string): Finding {
  return { absent: { reason: 'bypassed', because, agoMs: undefined } };
}

function methodOf(service: object, name: unknown): Function {
  const method: unknown = (service as Record<PropertyKey, unknown>)[name as string];
  if (typeof method === 'function') return method;
  throw refused('There is no such method', shown(service, name), meant(service, name));
}

/** Where the method was decorated that a call of this name runs. */
function siteOf(service: object, name: string | symbol, title: string): MethodSite {
  let owner: object | null = service;
  while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object | null;
  const site = cachedMethodsOf(service).find(({ key, prototype }) => key === name && prototype === owner);
  if (site !== undefined) return site;
  throw refused('This method is not cached', title, meant(service, name));
}

function meant(service: object, name: unknown): string {
  const names = cachedMethodsOf(service).map(({ key }) => String(key));
  if (names.length === 0) return 'Decorate it with @CacheQuery; no method of this instance is decorated';
  const closest = closestTo(String(name), names);
  if (closest !== undefined && closest !== name) return `Did you mean '${closest}'`;
  return `Decorate it with @CacheQuery, as these are: ${names.join(', ')}`;
}

function shown(service: object, name: unknown): string {
  return `${service.constructor?.name || 'the object'}.${String(name)}`;
}

function refused(what: string, name: string, next: string): ZooCacheError {
  return new ZooCacheError('INVALID_ARGUMENT', { what, name, next });
}
