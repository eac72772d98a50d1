import { foldedName } from './names.js';
import { type Tokens, WORD } from './tokens.js';

/** Statements that always end the open transaction: "Statements That Cause an Implicit Commit" of the MySQL manual, and MariaDB's. */
const always = new Set([
  'alter',
  'rename',
  'truncate',
  'install',
  'uninstall',
  'grant',
  'revoke',
  'begin',
  'lock',
  'unlock',
  'cache',
  'check',
  'flush',
  'optimize',
  'repair',
  'reset',
  'change',
  'import',
  'backup',
]);

/**
 * Those of them that may leave it open: UNLOCK commits only where LOCK TABLES was sent before, MySQL commits for the others and
 * MariaDB does not, and DROP PREPARE drops no object of the database.
 */
export function mayNotCommit(tokens: Tokens, start: number, end: number): boolean {
  const [verb, next] = [start, start + 1].map((index) =>
    index < end && tokens.kinds[index] === WORD ? foldedName(tokens, index) : '',
  );
  return sometimes.has(verb) || (verb === 'drop' && next === 'prepare');
}

const sometimes = new Set(['unlock', 'cache', 'load', 'change', 'start', 'stop']);

/** Whether MySQL or MariaDB commits around the statement whose words begin at `start`. */
export function commitsImplicitly(tokens: Tokens, start: number, end: number): boolean {
  const word = (offset: number): string => {
    const index = start + offset;
    return index < end && tokens.kinds[index] === WORD ? foldedName(tokens, index) : '';
  };
  const verb = word(0);
  if (always.has(verb)) return true;
  switch (verb) {
    case 'create': {
      const offset = word(1) === 'or' && word(2) === 'replace' ? 3 : 1;
      return word(offset) !== 'temporary';
    }
    case 'drop':
      return word(1) !== 'temporary';
    case 'analyze':
    case 'analyse':
      return ['table', 'tables', 'local', 'no_write_to_binlog'].includes(word(1));
    case 'load':
      return word(1) === 'index';
    case 'start':
      return true;
    case 'stop':
      return true;
    case 'set':
      return word(1) === 'password';
    default:
      return false;
  }
}
