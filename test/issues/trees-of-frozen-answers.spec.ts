import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn, Tree, TreeChildren, TreeParent, type Relation } from 'typeorm';
import { cached } from '../../lib/typeorm/reads/cached-repository.js';
import { installHooks } from '../../lib/typeorm/hooks/install-hooks.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { Reading } from '../typeorm/reading.js';

@Entity()
@Tree('closure-table')
class Twig {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @TreeParent() parent?: Relation<Twig> | null;
  @TreeChildren() children?: Relation<Twig>[];
}

let reading: Reading;

beforeAll(installHooks);
beforeEach(() => {
  reading = new Reading({ Twig: {} }, 'freeze');
});
afterEach(() => reading.close());

describeDatabases('A tree', (database) => {
  it('grows onto a copy of the answer it is asked of, where that is shared by all', async () => {
    const dataSource = await openDataSource(database, [Twig]);
    const plain = dataSource.getTreeRepository(Twig);
    const root = await plain.save(plain.create({ name: 'root' }));
    await plain.save(plain.create({ name: 'leaf', parent: root }));
    for (const twigs of [plain, cached(plain)]) {
      const named = (name: string) => twigs.findOneByOrFail({ name });
      await Promise.all([named('root'), named('leaf')]);
      const [top, leaf] = [await named('root'), await named('leaf')];
      expect(Object.isFrozen(top)).toBe(true);
      const below = await twigs.findDescendantsTree(top);
      expect(below).toBeInstanceOf(Twig);
      expect(below).toMatchObject({ name: 'root', children: [{ name: 'leaf', children: [] }] });
      expect(await twigs.findAncestorsTree(leaf)).toMatchObject({ name: 'leaf', parent: { name: 'root' } });
      expect(top.children).toBeUndefined();
    }
  });

  it('grows onto the entity it is asked of, where that is its own', async () => {
    const dataSource = await openDataSource(database, [Twig]);
    const twigs = dataSource.getTreeRepository(Twig);
    const root = await twigs.save(twigs.create({ name: 'root' }));
    expect(await twigs.findDescendantsTree(root)).toBe(root);
  });
});
