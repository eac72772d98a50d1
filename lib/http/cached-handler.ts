import type { ExecutionContext } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { boundIn, hastyTimes } from '../engine/consistency.js';
import type { ReadPlan } from '../engine/read-plan.js';
import { responseKey, type CacheKey } from '../keys/cache-key.js';
import { isRefusal, tagsNamed } from '../nest/cache-query.options.js';
import { isNoCache } from '../nest/no-cache.decorator.js';
import type { Runtime } from '../nest/runtime.js';
import { parseDuration } from '../support/duration.js';
import { responseOptionsOf, type CacheResponseOptions } from './cache-response.options.js';
import { inputsOf, keyOfMethod, type HandlerInputs, type Places } from './handler-inputs.js';
import { isStream } from './is-stream.js';
import { sortedQuery } from './sorted-query.js';

/** Where Nest marks handlers of server-sent events. */
const SERVER_SENT_EVENTS = '__sse__';

/** Headers that say who is asking. */
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key'];

interface Request extends Places {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly user?: unknown;
}

/** A handler of one controller, as far as its results may be cached. */
export class CachedHandler {
  readonly plan: ReadPlan;

  /** For people. */
  private readonly name: string;
  /** What made a part of a key, for the reader of an error. */
  private readonly varyOption: string;
  /** In keys, which other processes may share. */
  private readonly site: string;
  private readonly options: CacheResponseOptions;
  private readonly inputs: HandlerInputs;
  private readonly never: string | undefined;
  private hasStreamed = false;

  constructor(
    private readonly runtime: Runtime,
    private readonly type: Function,
    handler: Function,
  ) {
    const method = keyOfMethod(type, handler);
    const { keyNames, settings, statistics, targets, warnings } = runtime;
    const { ttl, tags, unless, name } = (this.options = responseOptionsOf(handler));
    this.name = `${runtime.names.of(type)}.${String(method)}`;
    this.site = `${keyNames.of(type)}.${String(method)}`;
    const where = `@CacheResponse on ${this.name}`;
    for (const text of hastyTimes(this.options, where)) warnings.warn(text);
    this.varyOption = `vary of ${where}`;
    this.inputs = inputsOf(type, method, handler);
    this.never = neverCached(handler, this.inputs);
    this.plan = {
      // What tells namesakes apart means something in this process only.
      get isLocal() {
        return keyNames.hasNamesakes(type);
      },
      ttlMs: ttl === undefined ? settings.defaultTtlMs : parseDuration(ttl, where),
      counters: statistics.of(name ?? this.name),
      tags:
        tags &&
        ((result) =>
          targets.dependenciesOf(typeof tags === 'function' ? tagsNamed(tags(result as never), where) : tags)),
      boundMs: boundIn(this.options),
      unless: (result) =>
        this.noteStream(result) || (unless !== undefined && isRefusal(unless(result as never), where)),
    };
  }

  /** Why the request must not be answered from the cache, or `undefined`. */
  bypassFor(request: Request): string | undefined {
    if (this.never !== undefined) return this.never;
    if (this.hasStreamed) return 'stream';
    if (this.options.vary !== undefined) return undefined;
    if (carriesCredentials(request)) return 'credentials';
    if (this.inputs.takesMore) {
      this.runtime.warnings.warn(
        `${this.name} takes more of its request than path, query and single headers, so its responses are not cached. ` +
          'Say what they depend on: @CacheResponse({ vary: (request) => ... })',
      );
      return 'request';
    }
    return this.runtime.bindingOf(this.type).isRequestBound ? 'request-scoped' : undefined;
  }

  /** The key of the request's answer; `undefined` when what it varies by bypasses the cache. */
  keyFor(request: Request, adapter: AbstractHttpAdapter, context: ExecutionContext): CacheKey | undefined {
    const { vary } = this.options;
    const { keys } = this.runtime;
    // As the handler will find it: middleware may have rewritten the URL, and a guard may have put a tenant in `params`.
    const taken = [
      ...this.inputs.headers.map((header) => request.headers[header]),
      ...this.inputs.places.map((place) => request[place]),
    ];
    const inputs = this.textOf(taken);
    if (inputs === undefined) return undefined;
    const rest = keys.encode(vary === undefined ? [this.site] : [this.site, vary(request, context)], this.varyOption);
    if (rest === undefined) return undefined;
    const url = adapter.getRequestUrl(request) as string;
    const end = url.indexOf('?');
    const path = end < 0 ? url : url.slice(0, end);
    const host = adapter.getRequestHostname(request) as string;
    const query = end < 0 ? '' : sortedQuery(url.slice(end + 1));
    return responseKey(adapter.getRequestMethod(request) as string, `//${host}${path}`, query, ` ${rest},${inputs}`);
  }

  /** Undefined for what a guard put into a request and no key can tell apart: who asked never heard of a cache. */
  private textOf(taken: readonly unknown[]): string | undefined {
    try {
      return this.runtime.keys.encode(taken);
    } catch {
      return undefined;
    }
  }

  /** A handler that streamed once will again, and nobody should wait for the first of its streams. */
  private noteStream(result: unknown): boolean {
    if (!isStream(result)) return false;
    this.hasStreamed = true;
    return true;
  }
}

function neverCached(handler: Function, inputs: HandlerInputs): string | undefined {
  if (isNoCache(handler)) return 'no-cache';
  if (inputs.answersByItself) return 'response object';
  return Reflect.hasMetadata(SERVER_SENT_EVENTS, handler) ? 'stream' : undefined;
}

function carriesCredentials({ headers, user }: Request): boolean {
  return (user !== undefined && user !== null) || CREDENTIALS.some((header) => headers[header] !== undefined);
}
