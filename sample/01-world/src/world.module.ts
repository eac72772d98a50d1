import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZooCacheModule } from 'nestjs-zoocache';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { databaseOptions } from './database.js';
import { HttpModule } from '../../shared/http/http.module.js';
import { LoadModule } from './load/load.module.js';

@Module({
  imports: [
    ZooCacheModule.forRoot(),
    TypeOrmModule.forRootAsync({ useFactory: () => databaseOptions() }),
    CatalogueModule,
    HttpModule,
    LoadModule,
  ],
})
export class WorldModule {}
