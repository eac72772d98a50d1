import {
  Body,
  Controller,
  DefaultValuePipe,
  Get,
  NotFoundException,
  Param,
  ParseIntPipe,
  Put,
  Query,
} from '@nestjs/common';
import type { City, Country } from '../entities/index.js';
import { CitiesService } from './cities.service.js';
import { CountriesEditor } from './countries.editor.js';
import { CountriesService } from './countries.service.js';
import { NonEmptyPipe } from './non-empty.pipe.js';

@Controller('countries')
export class CountriesController {
  constructor(
    private readonly countries: CountriesService,
    private readonly cities: CitiesService,
    private readonly editor: CountriesEditor,
  ) {}

  @Get()
  list(@Query('region') region?: string): Promise<Country[]> {
    return this.countries.list(region);
  }

  @Get(':code')
  async byCode(@Param('code') code: string): Promise<Country> {
    const country = await this.countries.byCode(code.toUpperCase());
    if (!country) {
      throw new NotFoundException(`No country has the code "${code}".`);
    }
    return country;
  }

  @Get(':code/cities')
  largestCities(
    @Param('code') code: string,
    @Query('limit', new DefaultValuePipe(10), ParseIntPipe) limit: number,
  ): Promise<City[]> {
    return this.cities.largestOf(code.toUpperCase(), limit);
  }

  @Put(':code/border')
  async moveBorder(
    @Param('code') code: string,
    @Body('from', NonEmptyPipe) from: string,
    @Body('to', NonEmptyPipe) to: string,
  ): Promise<Country> {
    await this.editor.moveBorder(code.toUpperCase(), from.toUpperCase(), to.toUpperCase());
    return this.byCode(code);
  }
}
