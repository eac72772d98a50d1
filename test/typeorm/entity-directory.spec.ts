import { beforeEach, describe, expect, it } from '@jest/globals';
import { EntitySchema, type DataSource } from 'typeorm';
import { ZooCacheError } from '../../lib/errors/zoocache.error.js';
import { segmentsOf, type Invalidation, type Tag } from '../../lib/tags/tag.js';
import { initializedDataSources } from '../../lib/typeorm/databases/data-sources.js';
import { EntityDirectory } from '../../lib/typeorm/entities/entity-directory.js';
import { isTypeormHandle } from '../../lib/typeorm/library/typeorm-handle.js';
import { frameForLoad, runInFrame } from '../../lib/engine/context.js';
import { LoadCapture } from '../../lib/engine/load-capture.js';
import { tagsOfEntities } from '../../lib/typeorm/entities/tags-of-entities.js';
import { databases, openDataSource } from '../support/databases.js';
import { listen, load } from './hearing.js';
import { Author, Book, Label, shop, Stock } from './shop.entities.js';

const [sqljs] = databases();

class SpecialAuthor extends Author {}

class Stranger {
  id = 1;
}

const Shelf = new EntitySchema<{ id: number }>({
  name: 'Shelf',
  columns: { id: { type: Number, primary: true } },
});

const Sealed = new EntitySchema<{ id: string }>({
  name: 'Sealed',
  columns: {
    id: {
      type: String,
      primary: true,
      transformer: { to: (id: string) => `s-${id}`, from: (kept: string) => kept.slice(2) },
    },
  },
});

const directory = new EntityDirectory(initializedDataSources);

const pathOf = (tag: Tag) => segmentsOf(tag).slice(1).join('/');
const touches = ({ touches: tags }: Invalidation) => tags.map(pathOf);
const sweeps = ({ sweeps: tags }: Invalidation) => tags.map(pathOf).filter((path) => !path.endsWith('/.'));

let dataSource: DataSource;

beforeEach(async () => {
  dataSource = await openDataSource(sqljs, [...shop, Shelf, Sealed]);
  listen();
});

describe('a target', () => {
  it('that is a class or a schema is its whole table', () => {
    expect(sweeps(directory.resolveTarget(Author))).toEqual(['author']);
    expect(sweeps(directory.resolveTarget(Shelf))).toEqual(['shelf']);
  });

  it('that is one row is that row and everything that depends on the table', () => {
    for (const target of [
      [Author, 7],
      [Author, '7'],
      [Author, { id: 7 }],
      Object.assign(new Author(), { id: 7 }),
      Object.assign(new SpecialAuthor(), { id: 7 }),
    ]) {
      expect(touches(directory.resolveTarget(target))).toEqual(['author', 'author/:/7']);
      expect(sweeps(directory.resolveTarget(target))).toEqual(['author/~']);
    }
    expect(touches(directory.resolveTarget([Stock, { bookId: 2, shelf: 1 }]))).toEqual(['stock', 'stock/:/1.21.1']);
    expect(touches(directory.resolveTarget([Shelf, 3]))).toEqual(['shelf', 'shelf/:/3']);
  });

  it('that is a row nobody can name is any row', () => {
    for (const target of [[Stock, 1], [Stock, { shelf: 1 }], new Stock()]) {
      expect(touches(directory.resolveTarget(target))).toEqual(['stock']);
      expect(sweeps(directory.resolveTarget(target))).toEqual(['stock/:', 'stock/~']);
    }
  });

  it('that is a list of anything but an entity and an id is refused, because all but the first would be forgotten', () => {
    const rows = [new Author(), new Author()];
    const lists = [[], [Author], [Author, Stock], [Author, Shelf], [Author, 7, 8], ['Author', 1], ['a', 'b'], rows];
    for (const target of lists) {
      expect(() => directory.resolveTarget(target)).toThrow(/A list must name one row/);
    }
  });

  it('that no DataSource has is refused with its name', () => {
    for (const target of [Stranger, new Stranger(), [Stranger, 1], { id: 1 }]) {
      expect(() => directory.resolveTarget(target)).toThrow(ZooCacheError);
      expect(() => directory.resolveDependency(target)).toThrow(/No initialised DataSource has this entity/);
    }
  });
});

describe('a name', () => {
  it('is that of an entity, or of a row of one with a single key', () => {
    expect(sweeps(directory.invalidationNamed(['Author']))).toEqual(['author']);
    expect(touches(directory.invalidationNamed(['Author', '07']))).toEqual(['author', 'author/:/7']);
    expect(directory.dependenciesNamed(['Label', 'NEW']).map(pathOf)).toEqual(['label/:/new']);
    expect(directory.dependenciesNamed(['Stock', '1']).map(pathOf)).toEqual(['stock']);
  });

  it('is that of a row whose key has colons in it, unless no key of its kind can have one', () => {
    expect(touches(directory.invalidationNamed(['Label', 'urn', 'a']))).toEqual(['label', 'label/:/urn:a']);
    expect(directory.invalidationNamed(['Label', 'urn', 'a'])).toEqual(directory.resolveTarget([Label, 'urn:a']));
    expect(directory.dependenciesNamed(['Label', 'urn', 'a'])).toEqual(directory.resolveDependency([Label, 'urn:a']));
    expect(sweeps(directory.invalidationNamed(['Stock', '1', '2']))).toEqual(['stock/:', 'stock/~']);
  });

  it('is that of any row when the key is transformed, because a text need not be what the program calls it', () => {
    expect(sweeps(directory.invalidationNamed(['Sealed', '7']))).toEqual(['sealed/:', 'sealed/~']);
    expect(touches(directory.resolveTarget([Sealed, '7']))).toEqual(['sealed', 'sealed/:/s-7']);
  });

  it('may be that of nothing, and then means nothing', () => {
    expect(touches(directory.invalidationNamed(['author']))).toEqual([]);
    expect(directory.dependenciesNamed(['Author', '7', 'books'])).toEqual([]);
    expect(directory.dependenciesNamed([])).toEqual([]);
  });

  it('means the table of every DataSource that has an entity of that name', async () => {
    const before = directory.dependenciesNamed(['Author']).length;
    const other = await openDataSource(sqljs, shop);
    expect(directory.dependenciesNamed(['Author'])).toHaveLength(before + 1);
    await other.destroy();
    expect(directory.dependenciesNamed(['Author'])).toHaveLength(before);
  });
});

describe('entities in a result', () => {
  const author = (id: number) => Object.assign(new Author(), { id });

  it('add their rows when no query of the load names their table', async () => {
    const written = [Object.assign(new Book(), { id: 3, author: author(1) })];
    const tags = [...tagsOfEntities(directory, { page: [author(2), author(2)], written }, new Set())];
    expect([...new Set(tags.map(pathOf))]).toEqual(['author/:/2', 'book/:/3', 'author/:/1']);
  });

  it('add nothing when the load is known to depend on their tables or rows', async () => {
    await dataSource.manager.insert(Author, { name: 'Ann' });
    const captured = new Set(directory.resolveDependency(Author));
    expect([...tagsOfEntities(directory, [author(1)], captured)]).toEqual([]);
    expect([...tagsOfEntities(directory, [author(1)], new Set(directory.resolveDependency([Author, 1])))]).toEqual([]);
    expect((await load(() => dataSource.manager.findOneBy(Author, { id: 1 }))).tags).toEqual(['author:1']);
  });

  it('add nothing when there are so many that the load depends on every change of a row', async () => {
    const names = Array.from({ length: 150 }, (_, index) => ({ name: `author ${index}` }));
    await dataSource.manager.insert(Author, names);
    const capture = new LoadCapture(0, undefined, undefined);
    const authors = await runInFrame(frameForLoad(capture, undefined), () => dataSource.manager.find(Author));
    expect(authors.length).toBeGreaterThan(100);
    expect(tagsOfEntities(directory, authors, capture.tags)).toEqual([]);
  });

  it('are known by their tables alone in a large answer, the last of them too', () => {
    const result: unknown[] = Array.from({ length: 10_001 }, (_, id) => author(id));
    result.push({ last: Object.assign(new Book(), { id: 1 }) });
    expect([...tagsOfEntities(directory, result, new Set())].map(pathOf)).toEqual(['author', 'book']);
  });

  it('are found in maps, sets and circles, and their table stands in for a key they lack', () => {
    const first = author(1);
    first.written = [Object.assign(new Book(), { id: 1, author: first })];
    const result = new Map<string, unknown>([
      ['a', new Set([first])],
      ['b', new Label()],
    ]);
    expect([...tagsOfEntities(directory, result, new Set())].map(pathOf).sort()).toEqual([
      'author/:/1',
      'book/:/1',
      'label',
    ]);
  });

  it('are not looked for byte by byte: a file of 30 MB would hold up its process for a minute', () => {
    const file = Object.defineProperty(Buffer.from('x'), 'looked', {
      enumerable: true,
      get: () => expect(file).toBe('not looked into'),
    });
    expect(tagsOfEntities(directory, file, new Set())).toEqual([]);
    expect(tagsOfEntities(directory, { file }, new Set())).toEqual([]);
  });

  it('are not looked for in values that hold none', () => {
    for (const result of [
      null,
      undefined,
      1,
      'x',
      new Date(),
      Buffer.from('x'),
      Promise.resolve(1),
      [new Stranger()],
    ]) {
      expect([...tagsOfEntities(directory, result, new Set())]).toEqual([]);
    }
  });
});

describe('a handle', () => {
  it('is everything that leads to a connection, and nothing else', async () => {
    const runner = dataSource.createQueryRunner();
    for (const handle of [
      dataSource,
      dataSource.manager,
      runner,
      dataSource.getRepository(Author),
      dataSource.createQueryBuilder(),
    ]) {
      expect(isTypeormHandle(handle)).toBe(true);
    }
    for (const value of [new Author(), {}, [], { query: 'text' }, new Date()])
      expect(isTypeormHandle(value)).toBe(false);
    await runner.release();
  });
});
