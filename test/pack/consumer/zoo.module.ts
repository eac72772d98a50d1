import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZooCacheModule } from 'nestjs-zoocache';
import { Animal } from './animal.entity.js';
import { Keeper } from './keeper.service.js';

@Module({})
export class ZooModule {
  /** The application; `storage` is what `ZooCacheModule.forRoot` is given. */
  static withStorage(storage?: string): DynamicModule {
    return {
      module: ZooModule,
      imports: [
        ZooCacheModule.forRoot(storage),
        TypeOrmModule.forRoot({ type: 'sqljs', entities: [Animal], synchronize: true }),
        TypeOrmModule.forFeature([Animal]),
      ],
      providers: [Keeper],
    };
  }
}
