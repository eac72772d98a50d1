import {
  Body,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
} from '@nestjs/common';
import { type Explanation, ZooCacheService } from 'nestjs-zoocache';
import type { Product } from './product.entity.js';
import { ProductsEditor } from './products.editor.js';
import { ProductsService } from './products.service.js';

@Controller('products')
export class ProductsController {
  constructor(
    private readonly products: ProductsService,
    private readonly editor: ProductsEditor,
    private readonly cache: ZooCacheService,
  ) {}

  @Get(':id')
  async byId(@Param('id', ParseIntPipe) id: number): Promise<Product> {
    const product = await this.products.byId(id);
    if (!product) {
      throw new NotFoundException(`No product has the id ${id}.`);
    }
    return product;
  }

  @Get(':id/explanation')
  explain(@Param('id', ParseIntPipe) id: number): Promise<Explanation> {
    return this.cache.explain(this.products, 'byId', id);
  }

  @Put()
  @HttpCode(204)
  replaceAll(@Body() products: Product[]): Promise<void> {
    return this.editor.replaceAll(products);
  }

  @Patch(':id/price')
  @HttpCode(204)
  setPrice(@Param('id', ParseIntPipe) id: number, @Body('price', ParseIntPipe) price: number): Promise<void> {
    return this.editor.setPrice(id, price);
  }

  @Post(':id/price/trial')
  async tryPrice(
    @Param('id', ParseIntPipe) id: number,
    @Body('price', ParseIntPipe) price: number,
  ): Promise<{ seen: number }> {
    return { seen: await this.editor.tryPrice(id, price) };
  }
}
