import { expect, it } from '@jest/globals';
import { writtenByTrigger } from '../../lib/sql/trigger-writes.js';

it.each<[string, readonly string[] | undefined]>([
  [
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO B VALUES (new.x); DELETE FROM "C" WHERE id = old.id; END',
    ['b', 'c'],
  ],
  ['CREATE TRIGGER t UPDATE OF x ON a BEGIN UPDATE OR IGNORE b SET x = 1; REPLACE INTO b VALUES (1); END;', ['b', 'b']],
  ["CREATE TRIGGER t AFTER DELETE ON a BEGIN SELECT CASE WHEN old.x THEN RAISE(ABORT, 'b; end') END; END", []],
  ['CREATE TRIGGER t AFTER DELETE ON a WHEN CASE 1 WHEN 2 THEN 3 END BEGIN SELECT RAISE(IGNORE); END', []],
  ['CREATE TRIGGER begin_t AFTER INSERT ON a BEGIN INSERT INTO b SELECT * FROM c; END', ['b']],
  ['CREATE TRIGGER t /* begin delete from c; */ AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); END', undefined],
  ['CREATE TRIGGER "begin select" AFTER INSERT ON a BEGIN INSERT INTO b VALUES (1); END', undefined],
  ['CREATE TRIGGER t AFTER INSERT ON a -- begin select 1\nBEGIN INSERT INTO b VALUES (1); END', undefined],
  ['CREATE TRIGGER t', undefined],
])('what a trigger writes is told by its own statements, or not at all: %s', (definition, tables) => {
  expect(writtenByTrigger(definition)?.map(({ table }) => table.name)).toEqual(tables);
});
