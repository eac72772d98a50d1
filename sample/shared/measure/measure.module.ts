import { Module } from '@nestjs/common';
import { DatabaseMeter } from './database-meter.js';
import { Stopwatch } from './stopwatch.js';

@Module({ providers: [DatabaseMeter, Stopwatch], exports: [DatabaseMeter, Stopwatch] })
export class MeasureModule {}
