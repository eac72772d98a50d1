import { expect, it } from '@jest/globals';
import { completesTimes, DAY, TIME } from '../../lib/sql/times-of-today.js';

const columns = new Map([
  ['opens', TIME],
  ['noted', DAY],
]);

// MariaDB leaves the days of such a format empty; MySQL takes those of today.
it.each([
  ["'%H:%i'", false],
  ["'%l.%i %p, 100%%'", false],
  ["'%d %H:%i'", true],
  ["'%H:%i %W'", true],
  ["'%H:%i %b'", true],
  ['?', true],
  ["CONCAT('%H')", true],
])('a TIME in DATE_FORMAT becomes a date if its format %s speaks of days', (format, completes) => {
  expect(completesTimes(`SELECT DATE_FORMAT(opens, ${format}) FROM shop`, columns)).toBe(completes);
  expect(completesTimes(`SELECT DATE_FORMAT(opens, noted, ${format}) FROM shop`, columns)).toBe(true);
});

it('what DATE_FORMAT makes is a text, and its argument is read like any other', () => {
  expect(completesTimes("SELECT DATE_FORMAT(opens, '%H') < noted FROM shop", columns)).toBe(false);
  expect(completesTimes("SELECT DATE_FORMAT(IF(1, opens, noted), '%H') FROM shop", columns)).toBe(true);
});

it.each(['USING (x)', 'NATURAL'])('columns that queries name are compared by %s', (how) => {
  const [one, other] = ['opens', 'noted'].map((column) => `(SELECT ${column} AS x FROM shop)`);
  const text = how === 'NATURAL' ? `${one} a NATURAL JOIN ${other} b` : `${one} a JOIN ${other} b ${how}`;
  expect(completesTimes(`SELECT 1 FROM ${text}`, columns)).toBe(true);
});
