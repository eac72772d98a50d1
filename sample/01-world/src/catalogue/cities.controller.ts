import {
  Body,
  Controller,
  DefaultValuePipe,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  ParseFloatPipe,
  ParseIntPipe,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import type { City } from '../entities/index.js';
import { CitiesEditor } from './cities.editor.js';
import { CitiesService, type CityNearby, type Page } from './cities.service.js';
import { NonEmptyPipe } from './non-empty.pipe.js';

@Controller('cities')
export class CitiesController {
  constructor(
    private readonly cities: CitiesService,
    private readonly editor: CitiesEditor,
  ) {}

  @Get()
  search(
    @Query('prefix', NonEmptyPipe) prefix: string,
    @Query('page', new DefaultValuePipe(1), ParseIntPipe) page: number,
    @Query('size', new DefaultValuePipe(20), ParseIntPipe) size: number,
  ): Promise<Page<City>> {
    return this.cities.search(prefix, page, size);
  }

  @Get('near')
  near(
    @Query('latitude', ParseFloatPipe) latitude: number,
    @Query('longitude', ParseFloatPipe) longitude: number,
    @Query('km', new DefaultValuePipe(25), ParseFloatPipe) km: number,
    @Query('limit', new DefaultValuePipe(20), ParseIntPipe) limit: number,
  ): Promise<CityNearby[]> {
    return this.cities.near({ latitude, longitude }, km, limit);
  }

  @Get(':id')
  async byId(@Param('id', ParseIntPipe) id: number): Promise<City> {
    const city = await this.cities.byId(id);
    if (!city) {
      throw new NotFoundException(`No city has the id ${id}.`);
    }
    return city;
  }

  @Post()
  add(
    @Body('name', NonEmptyPipe) name: string,
    @Body('countryCode', NonEmptyPipe) countryCode: string,
    @Body('population', ParseIntPipe) population: number,
    @Body('latitude', ParseFloatPipe) latitude: number,
    @Body('longitude', ParseFloatPipe) longitude: number,
  ): Promise<City> {
    return this.editor.add({ name, countryCode: countryCode.toUpperCase(), population, latitude, longitude });
  }

  @Patch(':id/population')
  setPopulation(
    @Param('id', ParseIntPipe) id: number,
    @Body('population', ParseIntPipe) population: number,
  ): Promise<City> {
    return this.editor.setPopulation(id, population);
  }

  @Patch(':id/name')
  async rename(@Param('id', ParseIntPipe) id: number, @Body('name', NonEmptyPipe) name: string): Promise<City> {
    await this.editor.rename(id, name);
    return this.byId(id);
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id', ParseIntPipe) id: number): Promise<void> {
    return this.editor.remove(id);
  }

  @Post('rounding')
  @HttpCode(204)
  roundPopulations(@Body('countryCode', NonEmptyPipe) countryCode: string): Promise<void> {
    return this.editor.roundPopulations(countryCode.toUpperCase());
  }
}
