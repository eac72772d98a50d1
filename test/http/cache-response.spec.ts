import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  createParamDecorator,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  Injectable,
  Ip,
  Next,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Redirect,
  Req,
  Res,
  Scope,
  Session,
  Sse,
  StreamableFile,
  UseGuards,
  UseInterceptors,
  Version,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InjectRepository } from '@nestjs/typeorm';
import { map, of, throwError, type Observable } from 'rxjs';
import supertest from 'supertest';
import { Repository } from 'typeorm';
import { CacheResponse, NoCache, ZooCacheInterceptor, ZooCacheModule } from '../../lib/index.js';
import { Product, times } from '../nest/application.js';
import { freshDirectory } from '../support/lmdb.js';
import { platforms, serve, type Platform } from './platforms.js';

let calls = 0;

/** What the request's `x-user` header says. */
@Injectable()
class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    const name = request.headers['x-user'];
    if (name !== undefined) request.user = { name };
    return name !== 'nobody';
  }
}

const UserAgent = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['user-agent'];
});

@Controller('products')
class ProductsController {
  constructor(@InjectRepository(Product) private readonly products: Repository<Product>) {}

  @Get()
  @CacheResponse('5m')
  async all(@Query() query: Record<string, unknown>) {
    calls++;
    return { query, products: await this.products.find() };
  }

  @Get('count')
  @UseInterceptors(ZooCacheInterceptor)
  async count() {
    calls++;
    return { count: await this.products.count() };
  }

  @Get('void')
  @CacheResponse()
  void(): void {
    calls++;
  }

  @Get('null')
  @CacheResponse()
  null(): null {
    calls++;
    return null;
  }

  @Get('text')
  @CacheResponse()
  @Header('X-Kind', 'text')
  @HttpCode(203)
  text(): string {
    calls++;
    return 'text';
  }

  @Get('observable')
  @CacheResponse()
  observable(): Observable<number[]> {
    calls++;
    return of([1], [2]);
  }

  @Get('moved')
  @CacheResponse()
  @Redirect('/products', 301)
  moved(): object {
    calls++;
    return { url: '/elsewhere', statusCode: 302 };
  }

  @Get('failing')
  @CacheResponse()
  failing(): Observable<never> {
    calls++;
    return throwError(() => new NotFoundException('gone'));
  }

  @Post()
  @HttpCode(200)
  @CacheResponse('5m')
  async create(@Body() body: { name: string }) {
    calls++;
    return this.products.save({ name: body.name });
  }

  @Post('recount')
  @CacheResponse('5m')
  recount() {
    return { calls: ++calls };
  }

  @Get('tagged')
  @CacheResponse({
    tags: (result: { id: number }) => [`report:${result.id}`],
    unless: (result: { id: number }) => result.id < 0,
    name: 'reports',
  })
  tagged(@Query('id', ParseIntPipe) id: number) {
    calls++;
    return { id };
  }

  @Get('tag')
  @CacheResponse({ tags: () => 'reports' })
  tag() {
    return { calls: ++calls };
  }

  @Get('undecided')
  @CacheResponse({ unless: (() => Promise.resolve(true)) as never })
  undecided() {
    return { calls: ++calls };
  }

  @Get('never')
  @CacheResponse(0)
  never() {
    return { calls: ++calls };
  }

  @Get('fresh')
  @NoCache()
  @CacheResponse()
  fresh() {
    return { calls: ++calls };
  }

  @Get(':id')
  @CacheResponse()
  async byId(@Param('id', ParseIntPipe) id: number) {
    calls++;
    return (await this.products.findOneBy({ id })) ?? 'none';
  }
}

@UseGuards(UserGuard)
@Controller('me')
class MeController {
  @Get('anonymous')
  @CacheResponse()
  anonymous() {
    return { calls: ++calls };
  }

  @Get('varied')
  @CacheResponse({
    vary: (request: { user?: { name: string } }, context) => [request.user?.name, context.getClass().name],
  })
  varied(@Req() request: { user?: { name: string } }) {
    return { calls: ++calls, name: request.user?.name ?? null };
  }
}

@Controller('inputs')
class InputsController {
  @Get('header')
  @CacheResponse()
  header(@Headers('Accept-Language') language: string) {
    return { calls: ++calls, language };
  }

  @Get('request')
  @CacheResponse()
  request(@Req() _request: unknown) {
    return { calls: ++calls };
  }

  @Get('headers')
  @CacheResponse()
  headers(@Headers() _headers: unknown) {
    return { calls: ++calls };
  }

  @Get('ip')
  @CacheResponse()
  ip(@Ip() _ip: string) {
    return { calls: ++calls };
  }

  @Get('session')
  @CacheResponse()
  session(@Session() _session: unknown) {
    return { calls: ++calls };
  }

  @Get('custom')
  @CacheResponse()
  custom(@UserAgent() _agent: string) {
    return { calls: ++calls };
  }

  @Get('custom-varied')
  @CacheResponse({ vary: (request: { headers: Record<string, string> }) => request.headers['user-agent'] })
  customVaried(@UserAgent() agent: string) {
    return { calls: ++calls, agent };
  }

  @Get('passthrough')
  @CacheResponse()
  passthrough(
    @Res({ passthrough: true }) response: { header(name: string, value: string): void; status(code: number): void },
  ) {
    response.status(206);
    response.header('content-type', 'text/csv; charset=utf-8');
    return `calls,${++calls}`;
  }

  @Get('response')
  @CacheResponse({ vary: () => 'all' })
  response(@Res() response: { send(body: unknown): void }): void {
    response.send({ calls: ++calls });
  }

  @Get('next')
  @CacheResponse()
  next(@Next() _next: unknown, @Res() response: { send(body: unknown): void }): void {
    response.send({ calls: ++calls });
  }

  @Get('file')
  @CacheResponse()
  file(): StreamableFile {
    calls++;
    return new StreamableFile(Buffer.from('file'));
  }

  @Get('stream')
  @CacheResponse()
  stream(): StreamableFile {
    calls++;
    return new StreamableFile(Readable.from(['stream']));
  }

  @Sse('events')
  @CacheResponse()
  events(): Observable<{ data: string }> {
    calls++;
    return of({ data: 'event' });
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  constructor(@Inject(REQUEST) private readonly request: { headers: Record<string, string> }) {}

  @Get()
  @CacheResponse()
  agent() {
    return { calls: ++calls, agent: this.request.headers['user-agent'] };
  }

  @Get('varied')
  @CacheResponse({ vary: (request: { headers: Record<string, string> }) => request.headers['user-agent'] })
  varied() {
    return { calls: ++calls, agent: this.request.headers['user-agent'] };
  }
}

describe.each(platforms)('On $name', (platform) => {
  const startProducts = async () => {
    calls = 0;
    const served = await serve(platform, { controllers: [ProductsController] });
    return { ...served, get: async (path: string) => (await served.http.get(path)).text };
  };

  it('a handler runs once for one path and query, in whatever order the parameters come', async () => {
    const { get, cache } = await startProducts();
    const first = await get('/products?a=1&b=2');
    expect(await get('/products?b=2&a=1')).toBe(first);
    expect(await get('/products?a=1&b=2')).toBe(first);
    expect(calls).toBe(1);
    await get('/products?a=2&b=1');
    await get('/products');
    expect(calls).toBe(3);
    await get('/products?a=1&a=2');
    expect(JSON.parse(await get('/products?a=2&a=1'))).toMatchObject({ query: { a: ['2', '1'] } });
    expect(cache.stats().byName['ProductsController.all']).toMatchObject({ hits: 2, fills: 5 });
  });

  it('a result becomes invalid when something is written that the handler read', async () => {
    const { get, http } = await startProducts();
    for (const expected of ['{"count":0}', '{"count":0}']) expect(await get('/products/count')).toBe(expected);
    expect(calls).toBe(1);
    expect(await get('/products/1')).toBe('none');
    await http.post('/products').send({ name: 'Zebra' }).expect(200);
    for (const expected of ['{"count":1}', '{"count":1}']) expect(await get('/products/count')).toBe(expected);
    expect(JSON.parse(await get('/products/1'))).toMatchObject({ id: 1, name: 'Zebra' });
  });

  it('only GET and HEAD are answered from the cache', async () => {
    const { http, cache } = await startProducts();
    for (const name of ['a', 'b']) await http.post('/products').send({ name }).expect(200);
    for (const expected of [3, 4]) await http.post('/products/recount').expect(201, { calls: expected });
    await http.head('/products/count').expect(200);
    await http.head('/products/count').expect(200);
    await http.get('/products/count').expect(200, { count: 2 });
    expect(cache.stats().entries).toBe(2);
  });

  it('nothing, null, texts and the last value of an Observable are what they were', async () => {
    const { http } = await startProducts();
    for (const path of ['void', 'null', 'text', 'observable', 'moved']) {
      calls = 0;
      const [first, second] = [await http.get(`/products/${path}`), await http.get(`/products/${path}`)];
      expect([second.status, second.text, second.headers['content-type']]).toEqual([
        first.status,
        first.text,
        first.headers['content-type'],
      ]);
      expect(calls).toBe(1);
    }
    const text = await http.get('/products/text');
    expect([text.status, text.headers['x-kind'], text.text]).toEqual([203, 'text', 'text']);
    expect((await http.get('/products/observable')).body).toEqual([2]);
    expect((await http.get('/products/moved')).headers.location).toBe('/elsewhere');
  });

  it('exceptions are not cached', async () => {
    const { http } = await startProducts();
    await http.get('/products/failing').expect(404);
    await http.get('/products/failing').expect(404);
    expect(calls).toBe(2);
    await http.get('/products/tagged?id=x').expect(400);
  });

  it('tags, `unless`, `name`, a ttl of 0 and @NoCache() mean what they mean on methods', async () => {
    const { get, cache } = await startProducts();
    await get('/products/tagged?id=7');
    await get('/products/tagged?id=7');
    expect(calls).toBe(1);
    await cache.invalidate('report:7');
    await get('/products/tagged?id=7');
    expect(calls).toBe(2);
    await get('/products/tagged?id=-1');
    await get('/products/tagged?id=-1');
    expect(calls).toBe(4);
    expect(cache.stats().byName.reports).toEqual({ hits: 1, misses: 4, loads: 4, fills: 2 });
    expect([await get('/products/never'), await get('/products/never')]).toEqual(['{"calls":5}', '{"calls":6}']);
    expect([await get('/products/fresh'), await get('/products/fresh')]).toEqual(['{"calls":7}', '{"calls":8}']);
    expect(cache.stats().bypasses).toEqual({ 'ttl 0': 2, 'no-cache': 2 });
  });

  it('a text that `tags` returns is one tag, and not a list of letters', async () => {
    const { get, cache } = await startProducts();
    expect([await get('/products/tag'), await get('/products/tag')]).toEqual(['{"calls":1}', '{"calls":1}']);
    await cache.invalidate('reports');
    expect(await get('/products/tag')).toBe('{"calls":2}');
  });

  it('a result for which `unless` returns a promise is not kept', async () => {
    const { get, cache } = await startProducts();
    expect([await get('/products/undecided'), await get('/products/undecided')]).toEqual([
      '{"calls":1}',
      '{"calls":2}',
    ]);
    expect(cache.stats()).toMatchObject({ errors: 2, bypasses: { 'not storable': 2 } });
  });

  it('concurrent requests share one run of the handler', async () => {
    const { get } = await startProducts();
    await Promise.all(Array.from({ length: 20 }, () => get('/products/count')));
    expect(calls).toBe(1);
  });

  it.each([
    ['Authorization', { authorization: 'Bearer x' }],
    ['a cookie', { cookie: 'theme=dark' }],
    ['an API key', { 'x-api-key': 'x' }],
    ['a user that a guard found', { 'x-user': 'ann' }],
  ])('a request with %s is neither served nor stored, because its answer may be for one person', async (_, headers) => {
    calls = 0;
    const { http, cache } = await serve(platform, { controllers: [MeController] });
    await http.get('/me/anonymous').set(headers).expect(200, { calls: 1 });
    await http.get('/me/anonymous').expect(200, { calls: 2 });
    await http.get('/me/anonymous').set(headers).expect(200, { calls: 3 });
    await http.get('/me/anonymous').expect(200, { calls: 2 });
    expect(cache.stats().bypasses).toEqual({ credentials: 2 });
  });

  it('`vary` says who shares an answer, and guards run with every request', async () => {
    calls = 0;
    const { http } = await serve(platform, { controllers: [MeController] });
    for (const [name, expected] of [
      ['ann', 1],
      ['bob', 2],
      ['ann', 1],
      ['bob', 2],
    ] as const) {
      await http.get('/me/varied').set({ 'x-user': name, cookie: 'a=b' }).expect(200, { calls: expected, name });
    }
    await http.get('/me/varied').expect(200, { calls: 3, name: null });
    await http.get('/me/varied').set('x-user', 'nobody').expect(403);
    expect(calls).toBe(3);
  });

  it('single headers are part of the key, in whatever case they are named', async () => {
    calls = 0;
    const { http } = await serve(platform, { controllers: [InputsController] });
    for (const [language, expected] of [
      ['de', 1],
      ['fr', 2],
      ['de', 1],
    ] as const) {
      await http.get('/inputs/header').set('accept-language', language).expect(200, { calls: expected, language });
    }
    expect(calls).toBe(2);
  });

  it.each(['request', 'headers', 'ip', 'session', 'custom'])(
    'a handler that takes more of its request than its key holds is not cached: %s',
    async (path) => {
      calls = 0;
      const { http, cache, log } = await serve(platform, { controllers: [InputsController] });
      await http.get(`/inputs/${path}`).expect(200, { calls: 1 });
      await http.get(`/inputs/${path}`).expect(200, { calls: 2 });
      expect(cache.stats()).toMatchObject({ entries: 0, bypasses: { request: 2 } });
      expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([
        expect.stringMatching(new RegExp(`InputsController\\.${path} takes more .* vary`)),
      ]);
    },
  );

  it('a handler that takes more is cached once `vary` says what its results depend on', async () => {
    calls = 0;
    const { http } = await serve(platform, { controllers: [InputsController] });
    for (const [agent, expected] of [
      ['a', 1],
      ['b', 2],
      ['a', 1],
    ] as const) {
      await http.get('/inputs/custom-varied').set('user-agent', agent).expect(200, { calls: expected, agent });
    }
    expect(calls).toBe(2);
  });

  it('a handler that has the response is left alone, because a hit would lack what it sets', async () => {
    calls = 0;
    const { http, cache } = await serve(platform, { controllers: [InputsController] });
    for (const path of ['response', 'response', 'next', 'next']) await http.get(`/inputs/${path}`).expect(200);
    expect(calls).toBe(4);
    for (const count of [5, 6]) {
      const { status, headers, text } = await http.get('/inputs/passthrough');
      expect([status, headers['content-type'], text]).toEqual([206, 'text/csv; charset=utf-8', `calls,${count}`]);
    }
    expect(cache.stats().bypasses).toEqual({ 'response object': 6 });
  });

  it('what a guard or middleware changed tells requests apart, because the handler finds it so', async () => {
    @Injectable()
    class TenantGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; params: object }>();
        Object.assign(request.params, { tenant: request.headers['x-tenant'] });
        return true;
      }
    }
    @Controller('tenants')
    @UseGuards(TenantGuard)
    class TenantsController {
      @Get('guarded')
      @CacheResponse()
      guarded(@Param('tenant') tenant: string) {
        return { calls: ++calls, tenant };
      }

      @Get('asked')
      @CacheResponse()
      asked(@Query('shop') tenant: string) {
        return { calls: ++calls, tenant };
      }
    }
    const rewritten = ({ url, headers }: { url: string; headers: Record<string, string> }) =>
      url.replace(/asked$/, `asked?shop=${headers['x-tenant']}`);
    const rewriting: Platform = {
      ...platform,
      adapter: () =>
        platform.name === 'Fastify' ? new FastifyAdapter({ rewriteUrl: rewritten as never }) : platform.adapter(),
    };
    const { http } = await serve(rewriting, {
      controllers: [TenantsController],
      prepare: (app) => {
        if (platform.name === 'Fastify') return;
        app.use((request: Parameters<typeof rewritten>[0], _: unknown, next: () => void) => {
          request.url = rewritten(request);
          next();
        });
      },
    });
    for (const path of ['/tenants/guarded', '/tenants/asked']) {
      calls = 0;
      for (const [tenant, count] of [
        ['ann', 1],
        ['bob', 2],
        ['ann', 1],
      ] as const) {
        await http.get(path).set('x-tenant', tenant).expect(200, { calls: count, tenant });
      }
      expect(calls).toBe(2);
    }
  });

  it('a request with what no key can tell apart is answered past the cache', async () => {
    class ConnectionGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const { params } = context.switchToHttp().getRequest<{ params: object }>();
        Object.assign(params, { connect: () => 'anything' });
        return true;
      }
    }
    @Controller('connected')
    @UseGuards(ConnectionGuard)
    class ConnectedController {
      @Get()
      @CacheResponse()
      connected(@Param('connect') connect: () => string) {
        return { calls: ++calls, answer: connect() };
      }
    }
    calls = 0;
    const { http, cache } = await serve(platform, { controllers: [ConnectedController] });
    for (const count of [1, 2]) await http.get('/connected').expect(200, { calls: count, answer: 'anything' });
    expect(cache.stats().bypasses).toEqual({ argument: 2 });
  });

  it('a result that holds the parameters as they were parsed is stored as bytes too', async () => {
    @Controller('parsed/:id')
    class ParsedController {
      constructor(@InjectRepository(Product) private readonly products: Repository<Product>) {}

      @Get()
      @CacheResponse()
      async parsed(@Param() parameters: { id: number }, @Query() query: object) {
        return { calls: ++calls, query, parameters, product: await this.products.findOneBy(parameters) };
      }
    }
    calls = 0;
    const options = { storage: 'memory://?serialize=true', entities: { Product: {} } };
    const { http, cache } = await serve(platform, { controllers: [ParsedController], options });
    const answer = { calls: 1, query: { page: '2' }, parameters: { id: '7' }, product: null };
    await times(2, async () => void (await http.get('/parsed/7?page=2').expect(200, answer)));
    expect(cache.stats()).toMatchObject({ hits: 1, errors: 0, bypasses: {} });
  });

  it('streams, files and events are not cached', async () => {
    calls = 0;
    const { http, cache } = await serve(platform, { controllers: [InputsController] });
    for (const path of ['file', 'file', 'stream', 'stream']) {
      expect(String((await http.get(`/inputs/${path}`)).body)).toBe(path);
    }
    for (const path of ['events', 'events']) expect((await http.get(`/inputs/${path}`)).text).toContain('data: event');
    expect(calls).toBe(6);
    expect(cache.stats()).toMatchObject({ entries: 0, bypasses: { stream: 4 } });
  });

  it('a controller that is made for each request keeps its answers from others, unless `vary` tells them apart', async () => {
    calls = 0;
    const { http, cache } = await serve(platform, { controllers: [ScopedController] });
    await http.get('/scoped').set('user-agent', 'a').expect(200, { calls: 1, agent: 'a' });
    await http.get('/scoped').set('user-agent', 'b').expect(200, { calls: 2, agent: 'b' });
    expect(cache.stats().bypasses).toEqual({ 'request-scoped': 2 });
    for (const [agent, expected] of [
      ['a', 3],
      ['b', 4],
      ['a', 3],
    ] as const) {
      await http.get('/scoped/varied').set('user-agent', agent).expect(200, { calls: expected, agent });
    }
  });

  it('host names, versions and prefixes do not share answers', async () => {
    @Controller({ path: 'versioned', version: ['1', '2'] })
    class VersionedController {
      @Get()
      @CacheResponse()
      one() {
        return { calls: ++calls };
      }
    }
    calls = 0;
    const prepare = (app: { setGlobalPrefix(prefix: string): void }) => app.setGlobalPrefix('api');
    const { http } = await serve(platform, { controllers: [VersionedController], prepare });
    const expected: [string, string, number][] = [
      ['/api/v1/versioned', 'a.example', 1],
      ['/api/v2/versioned', 'a.example', 2],
      ['/api/v1/versioned', 'b.example:8080', 3],
      ['/api/v1/versioned', 'b.example:9090', 3],
      ['/api/v1/versioned', 'a.example', 1],
    ];
    for (const [path, host, count] of expected) await http.get(path).set('host', host).expect(200, { calls: count });
    expect(calls).toBe(3);
  });

  it('two handlers do not share answers, though they answer one path by the version that a header asks for', async () => {
    @Controller('versions')
    class VersionsController {
      @Version('1')
      @Get()
      @CacheResponse()
      one() {
        return { version: 1 };
      }

      @Version('2')
      @Get()
      @CacheResponse()
      two() {
        return { version: 2 };
      }
    }
    const { http, cache } = await serve(platform, {
      controllers: [VersionsController],
      prepare: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    });
    for (const version of [1, 2, 1, 2]) {
      await http.get('/versions').set('x-version', String(version)).expect(200, { version });
    }
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 2 });
  });

  it('a handler that two controllers inherit answers for each of them', async () => {
    abstract class BaseController {
      abstract readonly kind: string;

      @Get(':id')
      @CacheResponse()
      kindOf(@Param('id') id: string) {
        calls++;
        return { kind: this.kind, id };
      }
    }
    @Controller('cats')
    class CatsController extends BaseController {
      readonly kind = 'cat';
    }
    @Controller('dogs')
    class DogsController extends BaseController {
      readonly kind = 'dog';
    }
    calls = 0;
    const { http } = await serve(platform, { controllers: [CatsController, DogsController] });
    await times(2, async () => {
      await http.get('/cats/1').expect(200, { kind: 'cat', id: '1' });
      await http.get('/dogs/1').expect(200, { kind: 'dog', id: '1' });
    });
    expect(calls).toBe(2);
  });

  it('a handler that was copied from another class, and its parameters not, is not cached', async () => {
    @Controller('copies')
    class CopiesController {}
    const handler = Object.getOwnPropertyDescriptor(InputsController.prototype, 'header')!;
    Object.defineProperty(CopiesController.prototype, 'header', handler);
    const { http, cache } = await serve(platform, { controllers: [CopiesController] });
    await http.get('/copies/header').expect(200);
    expect(cache.stats()).toMatchObject({ entries: 0, bypasses: { request: 1 } });
  });

  it('the interceptor can stand on the whole application, beside @CacheResponse, inside of others', async () => {
    @Injectable()
    class Wrap implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(map((data: unknown) => ({ data })));
      }
    }
    @Controller()
    class PlainController {
      @Get('plain')
      plain() {
        return { calls: ++calls };
      }

      @Get('decorated')
      @CacheResponse({ name: 'decorated' })
      decorated() {
        return { calls: ++calls };
      }
    }
    calls = 0;
    const { http, cache } = await serve(platform, {
      controllers: [PlainController],
      providers: [
        { provide: APP_INTERCEPTOR, useClass: Wrap },
        { provide: APP_INTERCEPTOR, useClass: ZooCacheInterceptor },
      ],
    });
    await times(2, async () => {
      await http.get('/plain').expect(200, { data: { calls: 1 } });
      await http.get('/decorated').expect(200, { data: { calls: 2 } });
      calls = 1;
    });
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 2, loads: 2 });
  });

  it('reads of a disabled cache go to the handler', async () => {
    calls = 0;
    const { http } = await serve(platform, { controllers: [MeController], options: { enabled: false } });
    await http.get('/me/anonymous').expect(200, { calls: 1 });
    await http.get('/me/anonymous').expect(200, { calls: 2 });
    expect(calls).toBe(2);
  });
});

describe('ZooCacheInterceptor', () => {
  it('lets pass what is not HTTP', async () => {
    const { app } = await serve(platforms[0], { controllers: [] });
    const context = { getType: () => 'rpc' } as ExecutionContext;
    const results: unknown[] = [];
    app
      .get(ZooCacheInterceptor)
      .intercept(context, { handle: () => of(1) })
      .subscribe((value) => results.push(value));
    expect(results).toEqual([1]);
  });
});

it('a test that mocks what is missing is answered by its handlers', async () => {
  @Controller('prices')
  class Prices {
    calls = 0;

    @Get()
    @CacheResponse()
    list() {
      return { calls: ++this.calls };
    }
  }
  const module = await Test.createTestingModule({ controllers: [Prices] })
    .useMocker(() => ({}))
    .compile();
  const app = await module.createNestApplication({ logger: false }).init();
  for (const count of [1, 2]) {
    expect((await supertest(app.getHttpServer()).get('/prices')).body).toEqual({ calls: count });
  }
  await app.close();
});

describe('@CacheResponse', () => {
  it('warns of times that were most likely meant in seconds, with the first request', async () => {
    @Controller()
    class Hasty {
      @Get()
      @CacheResponse({ ttl: 60, consistency: { bounded: 70 } })
      get() {
        return {};
      }
    }
    const { http, log } = await serve(platforms[0], { controllers: [Hasty] });
    await http.get('/').expect(200);
    await http.get('/').expect(200);
    expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([
      "warn @CacheResponse on Hasty.get: 60 is 60 milliseconds; did you mean '60s'?",
      "warn consistency.bounded of @CacheResponse on Hasty.get: 70 is 70 milliseconds; did you mean '70s'?",
    ]);
  });

  it.each<[unknown, string]>([
    [{ tll: 1 }, 'INVALID_OPTION'],
    [{ vary: 'user' }, 'INVALID_OPTION'],
    ['soon', 'INVALID_DURATION'],
    [{ consistency: { bounded: 'soon' } }, 'INVALID_DURATION'],
  ])('is refused when the class is defined: %j', (options, code) => {
    const define = () => {
      class Wrong {
        @CacheResponse(options as never)
        get() {
          return 1;
        }
      }
      void Wrong;
    };
    expect(define).toThrow(expect.objectContaining({ code }));
  });
});

it('a deploy does not answer with what the code before it made', async () => {
  function formerCode(): Type {
    @Controller('prices')
    class Prices {
      @Get()
      @CacheResponse()
      list() {
        return { calls: ++calls };
      }
    }
    return Prices;
  }
  function latterCode(): Type {
    @Controller('prices')
    class Prices {
      @Get()
      @CacheResponse()
      list() {
        return { calls: ++calls, currency: 'EUR' };
      }
    }
    return Prices;
  }
  const imports = [ZooCacheModule.forRoot(`lmdb:${freshDirectory()}`)];
  const answers: unknown[] = [];
  for (const controller of [formerCode(), formerCode(), latterCode()]) {
    const module = await Test.createTestingModule({ imports, controllers: [controller] }).compile();
    const app = await module.createNestApplication({ logger: false }).init();
    answers.push((await supertest(app.getHttpServer()).get('/prices')).body);
    await app.close();
  }
  const [first] = answers as { calls: number }[];
  expect(answers).toEqual([first, first, { calls: first.calls + 1, currency: 'EUR' }]);
});
