import { UseInterceptors } from '@nestjs/common';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { refuseBareDecorator } from '../nest/bare-decorators.js';
import { methodName } from '../nest/replace-method.js';
import { refuseStandardDecorators } from '../nest/standard-decorators.js';
import type { Duration } from '../support/duration.js';
import { setResponseOptions, type CacheResponseOptions } from './cache-response.options.js';
import { ZooCacheInterceptor } from './zoocache.interceptor.js';

/**
 * Caches what an HTTP GET handler returns, as {@link ZooCacheInterceptor} does, on terms of its own.
 *
 * ```ts
 * @Get(':id')
 * @CacheResponse({ ttl: '5m', vary: (request) => request.user?.id })
 * byId(@Param('id') id: number) { ... }
 * ```
 *
 * @param options a duration, or all options; without, the module's defaults
 * @throws ZooCacheError when the class is defined: `INVALID_OPTION`, `INVALID_DURATION` or `INVALID_TAG`, and `INVALID_ARGUMENT`
 * for anything but a method
 */
export function CacheResponse(options: Duration | CacheResponseOptions = {}): MethodDecorator {
  refuseBareDecorator('@CacheResponse', arguments);
  return (target, key, descriptor) => {
    refuseStandardDecorators('@CacheResponse', key);
    if (typeof descriptor?.value !== 'function') {
      throw new ZooCacheError('INVALID_ARGUMENT', {
        what: 'Only the answers of a handler can be cached',
        name: `@CacheResponse on ${methodName(target, key)}`,
        next: 'Decorate the handlers; a whole controller takes @UseInterceptors(ZooCacheInterceptor)',
      });
    }
    const given = typeof options === 'object' && options !== null ? options : { ttl: options };
    setResponseOptions(descriptor.value, given, `@CacheResponse on ${methodName(target, key)}`);
    UseInterceptors(ZooCacheInterceptor)(target, key, descriptor);
  };
}
