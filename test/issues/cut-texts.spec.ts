import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Note {
  @PrimaryColumn({ length: 40 }) code!: string;
  @Column({ length: 40 }) text!: string;
}

/** Cut in the middle of the second. */
const cut = '🐘🐘'.slice(0, 3);

describeDatabases('A text that ends with half a character', (database) => {
  it('is found by what the database made of it', async () => {
    const stored = { code: cut, text: cut };
    const cached = await CachedReads.open(database, [Note], {
      all: (manager: EntityManager) => manager.find(Note),
      row: (manager: EntityManager) => manager.findOneBy(Note, { code: stored.code }),
      count: (manager: EntityManager) => manager.countBy(Note, { text: stored.text }),
    });
    const { manager } = cached.dataSource;
    await manager.insert(Note, stored);
    Object.assign(stored, await cached.cache.bypass(() => manager.findOneOrFail(Note, { where: {} })));
    await manager.clear(Note);
    await cached.fill();
    await manager.insert(Note, { code: cut, text: cut });
    expect(await cached.wrong()).toEqual([]);
    await cached.fill();
    await manager.update(Note, { code: cut }, { text: 'whole' });
    expect(await cached.wrong()).toEqual([]);
  });
});
