import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TypeOrmModule } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ZooCacheService } from '../../lib/index.js';
import { start } from '../nest/application.js';
import { CompiledLibrary } from '../support/compiled-library.js';
import { connectionTo, describeNeeding } from '../support/services.js';
import { databases } from '../support/test-database.js';

/** An application in another process, which sends statements that it is told, line by line. */
const programOf = (dataSource: DataSourceOptions, bus: string, prefix: string): string => `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { createInterface } from 'node:readline';
import { DataSource } from 'typeorm';
import { ZooCacheModule } from './lib/index.js';

class Application {}
Module({
  imports: [
    ZooCacheModule.forRoot(${JSON.stringify({ storage: 'memory://', bus, prefix })}),
    TypeOrmModule.forRoot(${JSON.stringify(dataSource)}),
  ],
})(Application);
const app = await NestFactory.createApplicationContext(Application, { logger: false });
console.log('ready');
for await (const statement of createInterface({ input: process.stdin })) {
  await app.get(DataSource).query(statement);
  console.log('sent');
}
`;

describeNeeding('redis', 'What another process defines', () => {
  describeNeeding('postgres', 'on PostgreSQL,', () => {
    let library: CompiledLibrary;
    beforeAll(() => {
      library = CompiledLibrary.of(['.']);
    });
    afterAll(() => library.remove());

    it('is known by the next write of this one that has read since', async () => {
      const { createOptions } = databases().find(({ family }) => family === 'postgres')!;
      const options = await createOptions([]);
      const { url: bus } = await connectionTo('redis');
      const prefix = randomUUID();
      const app = await start({
        options: { storage: 'memory://', bus, prefix },
        imports: [TypeOrmModule.forRoot(options)],
      });
      const [cache, dataSource] = [app.get(ZooCacheService), app.get(DataSource)];
      for (const statement of [
        'CREATE TABLE parent (id int PRIMARY KEY)',
        'CREATE TABLE child (id int PRIMARY KEY, parent int)',
        'INSERT INTO parent VALUES (1)',
        'INSERT INTO child VALUES (1, 1)',
      ]) {
        await dataSource.query(statement);
      }
      const children = (): Promise<unknown> =>
        cache.getOrLoad('children', () => dataSource.query('SELECT id FROM child'));
      const other = library.start(programOf(options, bus, prefix));
      expect(await other.line()).toBe('ready');
      expect(await children()).toEqual([{ id: 1 }]);

      other.process.stdin!.write('ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent ON DELETE CASCADE\n');
      expect(await other.line()).toBe('sent');
      // What the definition itself invalidates has been released when this is kept.
      while (!(await cache.explain('children')).isCached) expect(await children()).toEqual([{ id: 1 }]);
      await dataSource.query('DELETE FROM parent WHERE id = 1');
      expect(await children()).toEqual([]);
    }, 30_000);
  });
});
