import { Module } from '@nestjs/common';
import { WorldLoader } from './world-loader.js';

@Module({ providers: [WorldLoader], exports: [WorldLoader] })
export class LoadModule {}
