import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZooCacheModule } from 'nestjs-zoocache';
import { City, Country } from '../entities/index.js';
import { CitiesController } from './cities.controller.js';
import { CitiesEditor } from './cities.editor.js';
import { CitiesService } from './cities.service.js';
import { CountriesController } from './countries.controller.js';
import { CountriesEditor } from './countries.editor.js';
import { CountriesService } from './countries.service.js';
import { RegionsController } from './regions.controller.js';
import { RegionsEditor } from './regions.editor.js';
import { RegionsService } from './regions.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([City, Country]), ZooCacheModule.forFeature([City])],
  controllers: [CountriesController, CitiesController, RegionsController],
  providers: [CountriesService, CountriesEditor, CitiesService, CitiesEditor, RegionsService, RegionsEditor],
  exports: [CountriesService, CountriesEditor, CitiesService, CitiesEditor, RegionsService, RegionsEditor],
})
export class CatalogueModule {}
