import { expect, it } from '@jest/globals';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load } from './hearing.js';
import { Author, Label, shop } from './shop.entities.js';

describeDatabases(
  'a connection that all callers share',
  (database) => {
    it('is in a transaction for everybody: what one caller reads while another writes is not stored', async () => {
      const dataSource = await openDataSource(database, shop);
      await dataSource.manager.insert(Label, { code: 'a' });
      let open!: () => void;
      let enter!: () => void;
      const opened = new Promise<void>((resolve) => (open = resolve));
      const entered = new Promise<void>((resolve) => (enter = resolve));
      const writing = dataSource.transaction(async (manager) => {
        await manager.update(Label, 'a', { text: 'uncommitted' });
        enter();
        await opened;
      });
      await entered;
      const { value, blockedBy } = await load(() => dataSource.manager.findOneBy(Label, { code: 'a' }));
      expect(value?.text).toBe('uncommitted');
      expect(blockedBy).toBe('transaction');
      open();
      await writing;
    });

    it('may start a transaction between the sending of a read and its execution, and then the read is not stored', async () => {
      const dataSource = await openDataSource(database, shop);
      listen();
      await dataSource.manager.insert(Label, { code: 'a' });
      const read = load(() => dataSource.query("SELECT * FROM label WHERE code = 'a'"));
      const writing = dataSource.transaction((manager) => manager.update(Label, 'a', { text: 'x' }));
      expect((await read).blockedBy).toBe('transaction');
      await writing;
    });

    it('commits what others wrote while a transaction was rolled back, so nothing of it may be forgotten', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Label, [{ code: 'a' }, { code: 'b' }]);
      heard.take();
      const undone = dataSource
        .transaction(async (manager) => {
          await manager.update(Label, 'a', { text: 'undone' });
          throw new Error('undo');
        })
        .catch(() => undefined);
      const others = Array.from({ length: 20 }, async (_, turn) => {
        for (let i = 0; i < turn; i++) await Promise.resolve();
        await dataSource.query(`INSERT INTO label (code, text) VALUES ('n${turn}', '')`);
      });
      await Promise.all([undone, ...others]);
      const released = heard.released();
      const rows = (await dataSource.query('SELECT code FROM label')) as { code: string }[];
      const inserted = rows.map(({ code }) => code).filter((code) => code.startsWith('n'));
      expect(released).toEqual(expect.arrayContaining(inserted.map((code) => `label:${code}`)));
      expect(inserted.length).toBeGreaterThan(0);
    });

    it('does not mistake the key generated for one caller for that of another', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Author, { name: 'first' });
      heard.take();
      const names = ['a', 'b', 'c', 'd', 'e'];
      await Promise.all(names.map((name) => dataSource.query(`INSERT INTO author (name) VALUES ('${name}')`)));
      const released = heard.released();
      if (!released.includes('author:*')) {
        expect(released).toEqual(['author', 'author:2', 'author:3', 'author:4', 'author:5', 'author:6']);
      }
      await dataSource.query("INSERT INTO author (name) VALUES ('alone')");
      expect(heard.released()).toEqual(['author', 'author:7']);
    });

    it('begins a transaction with a savepoint outside of any, which its release commits', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Label, { code: 'a' });
      heard.take();
      await dataSource.query('SAVEPOINT here');
      await dataSource.query("UPDATE label SET text = 'x' WHERE code = 'a'");
      expect(heard.take()).toEqual([]);
      expect((await load(() => dataSource.query('SELECT * FROM label'))).blockedBy).toBe('transaction');
      await dataSource.query('RELEASE here');
      expect(heard.released()).toEqual(['label', 'label:a']);
      expect((await load(() => dataSource.query('SELECT * FROM label'))).blockedBy).toBeUndefined();
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
