import type { Dialect } from '../../sql/statement.js';

const READ = /^select\s/i;
const WRITE = /^(?:insert|update|delete)\s/i;

/** SELECT … INTO makes a table, and set_config() may change what names mean. */
const DOES_MORE = /into|set_config/i;

/** Whether the text is surely one SELECT that changes nothing, told by a glance; false says nothing. */
export function isPlainRead(text: string, dialect: Dialect): boolean {
  return READ.test(text) && isSingle(text, dialect) && !DOES_MORE.test(text);
}

/** Whether the text is surely one INSERT, UPDATE or DELETE that leaves the transaction alone, told by a glance. */
export function isPlainWrite(text: string, dialect: Dialect): boolean {
  return WRITE.test(text) && isSingle(text, dialect);
}

/** SQL Server needs no semicolon between two statements. */
function isSingle(text: string, dialect: Dialect): boolean {
  return dialect !== 'generic' && !text.includes(';');
}
