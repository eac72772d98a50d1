import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZooCacheModule } from 'nestjs-zoocache';
import { HttpModule } from '../../../shared/http/http.module.js';
import { MeasureModule } from '../../../shared/measure/measure.module.js';
import type { DatabaseOptions } from '../database/database-options.js';
import { CrowdController } from './crowd.controller.js';
import { Product } from './product.entity.js';
import { ProductsController } from './products.controller.js';
import { ProductsEditor } from './products.editor.js';
import { ProductsService } from './products.service.js';

export interface ShopOptions {
  /** Where both processes keep the cache: a URL of a storage that is shared. */
  storage: string;
  database: DatabaseOptions;
}

@Module({})
export class ShopModule {
  static of({ storage, database }: ShopOptions): DynamicModule {
    return {
      module: ShopModule,
      imports: [
        ZooCacheModule.forRoot({ storage, prefix: 'zoocache-shop', flight: 'shared' }),
        TypeOrmModule.forRoot({ ...database, entities: [Product], retryAttempts: 1 }),
        TypeOrmModule.forFeature([Product]),
        HttpModule,
        MeasureModule,
      ],
      controllers: [ProductsController, CrowdController],
      providers: [ProductsService, ProductsEditor],
    };
  }
}
