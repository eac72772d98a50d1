import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import { isName, isTags } from '../nest/cache-query.options.js';
import { checkConsistency, type Consistency } from '../engine/consistency.js';
import { checkOptions, isAnything, isFunction, type OptionCheck } from '../support/check-options.js';
import { parseDuration, type Duration } from '../support/duration.js';

/** How the results of one handler are cached. */
export interface CacheResponseOptions {
  /**
   * How long a result is kept: milliseconds, or a string such as `'5m'`; a random part of up to 10 % is cut off.
   *
   * `0` caches nothing; `null` or `'never'` keeps it until it is invalidated or evicted.
   *
   * @default the module's `defaultTtl`
   */
  readonly ttl?: Duration | undefined;

  /**
   * What the result depends on beside handler, method, host, path and query: any value that could be an argument of a
   * cached method, such as a user's id or a language. With it, requests that carry credentials are cached too, so it
   * must tell apart everybody whose results differ.
   */
  // eslint-disable-next-line typescript/no-explicit-any -- the request is whatever the application's platform makes it
  readonly vary?: ((request: any, context: ExecutionContext) => unknown) | undefined;

  /**
   * Tags that the result depends on, beside what the handler read: a list, or a function of the result that returns one at
   * once, or a single tag. A result for which it returns anything else is not kept, and `onError` hears why.
   */
  readonly tags?: readonly string[] | ((result: never) => readonly string[] | string) | undefined;

  /** How new a result must be. In one process every level is as good as the strictest. @default the module's `consistency` */
  readonly consistency?: Consistency | undefined;

  /**
   * Whether this result must not be kept. It must answer at once: a result for which it returns a promise is not kept,
   * and `onError` hears why.
   */
  readonly unless?: ((result: never) => boolean) | undefined;

  /** What the statistics call it. @default `Controller.handler` */
  readonly name?: string | undefined;
}

const CHECKS: Readonly<Record<keyof CacheResponseOptions, OptionCheck>> = {
  ttl: isAnything,
  vary: isFunction,
  tags: isTags,
  consistency: checkConsistency,
  unless: isFunction,
  name: isName,
};

const OPTIONS = 'nestjs-zoocache:response';

/** @throws ZooCacheError `INVALID_OPTION`, `INVALID_DURATION` or `INVALID_TAG` */
export function setResponseOptions(handler: object, options: CacheResponseOptions, where: string): void {
  checkOptions(options, where, CHECKS);
  if (options.ttl !== undefined) parseDuration(options.ttl, where);
  Reflect.defineMetadata(OPTIONS, options, handler);
}

/** The options that the handler was decorated with; none of its own if it was not. */
export function responseOptionsOf(handler: object): CacheResponseOptions {
  return (Reflect.getMetadata(OPTIONS, handler) as CacheResponseOptions | undefined) ?? {};
}
