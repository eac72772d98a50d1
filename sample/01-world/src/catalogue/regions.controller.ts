import { Body, Controller, Get, HttpCode, Param, ParseFloatPipe, Post } from '@nestjs/common';
import { RegionsEditor } from './regions.editor.js';
import { RegionsService, type RegionStatistics } from './regions.service.js';

@Controller('regions')
export class RegionsController {
  constructor(
    private readonly regions: RegionsService,
    private readonly editor: RegionsEditor,
  ) {}

  @Get()
  statistics(): Promise<RegionStatistics[]> {
    return this.regions.statistics();
  }

  @Post(':region/growth')
  @HttpCode(200)
  async grow(
    @Param('region') region: string,
    @Body('percent', ParseFloatPipe) percent: number,
  ): Promise<{ cities: number }> {
    return { cities: await this.editor.grow(region, percent) };
  }
}
