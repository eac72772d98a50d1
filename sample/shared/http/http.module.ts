import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { MeasureModule } from '../measure/measure.module.js';
import { CacheHeadersInterceptor } from './cache-headers.interceptor.js';

@Module({
  imports: [MeasureModule],
  providers: [{ provide: APP_INTERCEPTOR, useClass: CacheHeadersInterceptor }],
})
export class HttpModule {}
