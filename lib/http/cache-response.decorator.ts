import { UseInterceptors } from '@nestjs/common';
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
 * @throws ZooCacheError when the class is defined: `INVALID_OPTION`, `INVALID_DURATION` or `INVALID_TAG`
 */
export function CacheResponse(options: Duration | CacheResponseOptions = {}): MethodDecorator {
  return (target, key, descriptor) => {
    refuseStandardDecorators('@CacheResponse', key);
    const given = typeof options === 'object' && options !== null ? options : { ttl: options };
    setResponseOptions(descriptor.value as object, given, `@CacheResponse on ${methodName(target, key)}`);
    UseInterceptors(ZooCacheInterceptor)(target, key, descriptor);
  };
}
