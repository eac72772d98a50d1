import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { identityOfDatabase, placeOfDatabase } from '../../lib/typeorm/databases/database-identity.js';
import { connect, describeDatabases } from '../support/databases.js';
import { listen, load } from './hearing.js';
import { Label, shop } from './shop.entities.js';

describeDatabases(
  'two DataSources on one database',
  (database) => {
    it('name its rows by the same tags, so what one writes is heard by what the other read', async () => {
      const options = await database.createOptions(shop);
      const first = await connect(options);
      const second = await connect({ ...options, synchronize: false });
      const heard = listen();
      await second.manager.insert(Label, { code: 'a' });
      heard.take();
      const { tags } = await load(() => first.manager.findOneBy(Label, { code: 'a' }));
      await second.manager.update(Label, 'a', { text: 'x' });
      expect(tags).toContain('label:a');
      expect(heard.released()).toContain('label:a');
      expect(identityOfDatabase(first)).toBe(identityOfDatabase(second));
    });

    it('both learn of a column that one of them adds, because they must name its values alike', async () => {
      const options = await database.createOptions(shop);
      const first = await connect(options);
      const second = await connect({ ...options, synchronize: false });
      const heard = listen();
      await load(() => first.manager.find(Label));
      await second.query('ALTER TABLE label ADD COLUMN note VARCHAR(20)');
      const { tags } = await load(() => first.query("SELECT * FROM label WHERE note = 'x'"));
      expect(tags).toContain('label=note:x');
      expect(heard.released()).toContain('label!');
    });
  },
  { only: ({ supportsSharing }) => supportsSharing },
);

describeDatabases(
  'two schemas of one database',
  (database) => {
    it('hear each other only where a statement leaves open which of them it means', async () => {
      const dataSource = await connect(await database.createOptions(shop));
      await dataSource.query('CREATE SCHEMA archive');
      await dataSource.query('CREATE TABLE archive.label (code VARCHAR PRIMARY KEY, text VARCHAR)');
      const heard = listen();
      const inArchive = await load(() => dataSource.query('SELECT * FROM archive.label'));
      const inPublic = await load(() => dataSource.query('SELECT * FROM public.label'));
      const inAny = await load(() => dataSource.query('SELECT * FROM label'));
      expect([inArchive, inPublic, inAny].map(({ blockedBy }) => blockedBy)).toEqual([undefined, undefined, undefined]);

      const rawTags: string[] = [];
      heard.log.follow(({ invalidation }) => rawTags.push(...invalidation.touches, ...invalidation.sweeps));
      await dataSource.query("INSERT INTO archive.label (code, text) VALUES ('a', '')");
      expect(rawTags.some((tag) => tag.includes('archive'))).toBe(true);
      expect(rawTags.some((tag) => tag.includes('public'))).toBe(false);
      expect(heard.released()).toContain('label');
    });
  },
  { only: ({ family }) => family === 'postgres' },
);

describe('the identity of a database', () => {
  const identityOf = (options: DataSourceOptions) => identityOfDatabase(new DataSource(options));
  const postgres = { type: 'postgres', host: 'db', port: 5432, database: 'zoo' } as const;

  it('is the same for all ways to write one place', () => {
    const identity = identityOf(postgres);
    expect(identityOf({ type: 'postgres', url: 'postgres://user:secret@db:5432/zoo?ssl=true' })).toBe(identity);
    expect(identityOf({ type: 'postgres', url: 'postgres://db/zoo' })).toBe(identity);
    expect(identityOf({ type: 'postgres', host: 'DB', database: 'zoo', username: 'other' })).toBe(identity);
    expect(
      identityOf({
        type: 'postgres',
        replication: { master: { host: 'db', database: 'zoo' }, slaves: [{ host: 'other' }] },
      }),
    ).toBe(identity);
  });

  it('is the same for all names of this machine', () => {
    const identities = ['localhost', '127.0.0.1', '::1', '/var/run/postgresql', undefined].map((host) =>
      identityOf({ ...postgres, host }),
    );
    expect(new Set(identities).size).toBe(1);
  });

  it('differs between databases, and between databases of different kinds', () => {
    const identities = [
      postgres,
      { ...postgres, database: 'other' },
      { type: 'mysql', host: 'db', port: 5432, database: 'zoo' } as const,
    ].map(identityOf);
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('is the same whatever the server is called, or two processes would not hear each other; its place is not', () => {
    const ways = [postgres, { ...postgres, host: 'pooler', port: 6432 }, { ...postgres, host: '10.0.0.7' }];
    expect(new Set(ways.map(identityOf)).size).toBe(1);
    expect(new Set(ways.map((options) => placeOfDatabase(new DataSource(options)))).size).toBe(ways.length);
  });

  it('of a MySQL server is one for all its databases, because statements may name any of them', () => {
    const mysql = { type: 'mysql', host: 'db', database: 'zoo' } as const;
    expect(identityOf({ ...mysql, database: 'other' })).toBe(identityOf(mysql));
    expect(identityOf({ type: 'mariadb', host: 'db', port: 3306 })).toBe(identityOf(mysql));
    expect(identityOf({ type: 'mysql', socketPath: '/run/mysqld.sock' })).toBe(
      identityOf({ type: 'mysql', host: 'localhost', port: 3307 }),
    );
  });

  it('of a SQLite file is the file, whatever path leads to it, and of memory nobody else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'zoo-identity-'));
    try {
      await symlink(directory, `${directory}-link`);
      const file = { type: 'better-sqlite3', database: join(directory, 'zoo.sqlite') } as const;
      const linked = { ...file, database: join(`${directory}-link`, 'zoo.sqlite') };
      expect(identityOf(linked)).toBe(identityOf(file));
      expect(identityOf({ ...file, database: join(directory, 'other.sqlite') })).not.toBe(identityOf(file));
    } finally {
      await rm(`${directory}-link`, { force: true });
      await rm(directory, { recursive: true, force: true });
    }
    expect(identityOf({ type: 'sqljs' })).not.toBe(identityOf({ type: 'sqljs' }));
    const memory = new DataSource({ type: 'better-sqlite3', database: ':memory:' });
    expect(identityOfDatabase(memory)).toBe(identityOfDatabase(memory));
  });
});

describeDatabases('a DataSource that is initialised again', (database) => {
  it('is heard as before', async () => {
    const dataSource = await connect(await database.createOptions(shop));
    const heard = listen();
    await dataSource.manager.insert(Label, { code: 'a' });
    await dataSource.destroy();
    await dataSource.initialize();
    await dataSource.manager.insert(Label, { code: 'b' });
    heard.take();
    await dataSource.manager.insert(Label, { code: 'c' });
    expect(heard.released()).toEqual(['label', 'label:c']);
  });

  it('has another database if that lived in its memory, so nothing read from the last one may be served', async () => {
    const dataSource = await connect({ ...(await database.createOptions(shop)), synchronize: false });
    const heard = listen();
    await dataSource.destroy();
    await dataSource.initialize();
    expect(heard.released()).toEqual(database.variant === 'sqljs' ? ['*'] : []);
  });
});
