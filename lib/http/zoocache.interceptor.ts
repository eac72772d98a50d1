import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { isHost } from '../nest/binding.js';
import { Runtime } from '../nest/runtime.js';
import { ZOO_CACHE_RUNTIME } from '../nest/tokens.js';
import { CachedHandler } from './cached-handler.js';

/** Requests that are being answered here: the interceptor may stand on an application and on a handler as well. */
const answering = new WeakSet<object>();

/**
 * Answers HTTP GET and HEAD requests from the cache, and caches what their handlers return.
 *
 * A result is found again by handler, method, host name, path and query (in any order), and by what the handler takes of
 * them and of single headers, as guards and middleware left it. It becomes invalid when something is written that may have
 * changed what the handler read. Guards, and interceptors outside of this one, run with every request; pipes, the handler
 * and interceptors inside of this one run for a miss. So register it inside of interceptors whose results or headers depend
 * on who is asking. `@Header()`, `@HttpCode()` and `@Redirect()` are Nest's, and work.
 *
 * Not cached: requests that carry credentials (`Authorization`, `Cookie`, `X-Api-Key`, or a `request.user`), handlers that
 * take the request itself, its body or custom parameters, and request-scoped controllers, all three unless `vary` says
 * what results depend on; handlers that take the response object, because what they do to it would be missing from a hit;
 * streams, files, async iterables and server-sent events; exceptions. What is not HTTP passes through.
 */
@Injectable()
export class ZooCacheInterceptor implements NestInterceptor {
  private readonly handlers = new WeakMap<Function, Map<Function, CachedHandler>>();
  private readonly hasApplication: boolean;

  /** Made by Nest. */
  constructor(
    @Inject(ZOO_CACHE_RUNTIME) private readonly runtime: Runtime,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    this.hasApplication = isHost(runtime);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (!this.hasApplication || context.getType<string>() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    const { httpAdapter } = this.host;
    const method: unknown = httpAdapter.getRequestMethod(request);
    if ((method !== 'GET' && method !== 'HEAD') || answering.has(request)) return next.handle();
    answering.add(request);

    const handler = this.handlerOf(context);
    const { engine, statistics } = this.runtime;
    const reason = handler.bypassFor(request);
    const key = reason === undefined ? handler.keyFor(request, httpAdapter, context) : undefined;
    if (key === undefined) {
      statistics.bypass(reason ?? 'argument');
      return next.handle();
    }
    const load = (): Promise<unknown> => lastValueFrom(next.handle(), { defaultValue: undefined });
    return from(engine.read(key, handler.plan, load));
  }

  private handlerOf(context: ExecutionContext): CachedHandler {
    const [type, method] = [context.getClass(), context.getHandler()];
    let ofMethod = this.handlers.get(method);
    if (ofMethod === undefined) this.handlers.set(method, (ofMethod = new Map()));
    let handler = ofMethod.get(type);
    if (handler === undefined) ofMethod.set(type, (handler = new CachedHandler(this.runtime, type, method)));
    return handler;
  }
}
