import { partsOfId } from '../tags/canonical-id.js';
import { partsOfTag } from '../tags/table-tags.js';
import type { NameTable, TableWords } from '../tags/table-words.js';
import type { Tag } from '../tags/tag.js';
import { keyOf, namespaceOf, spellingOf } from '../tags/user-tag.js';

const WHOLE_NUMBER = /^-?\d+$/;

/**
 * A dependency in words: short, and one spelling for each kind.
 *
 * | spelling                        | the answer hears of                                                     |
 * | ------------------------------- | ----------------------------------------------------------------------- |
 * | `Product`                       | every write to the table                                                |
 * | `Product:42`                    | writes to this row; `OrderLine:{ order: 1, line: 2 }` for several keys   |
 * | `Product inserted`              | every new row                                                           |
 * | `Product deleted`               | every row that goes                                                     |
 * | `Product updated or deleted`    | every write to rows that are there                                      |
 * | `Product updated or deleted, in unknown rows` | writes that say what the rows held, and not which they are |
 * | `Product updated or deleted where category = 'books'` | the same, if the rows may have held this value |
 * | `Product.price set`             | every update of the column                                              |
 * | `Product.category set to 'books'` | updates that set the column to this value                               |
 * | `Product.category = 'books'`    | new rows that hold this value                                           |
 * | `Product.stock set to 5 where category = 'books'` | new rows, and updated ones that are known as a whole  |
 * | `Product.stock set where category = 'books'` | updated ones, whatever it was set to                       |
 * | `Product.stock set, in unknown rows` | updates of the column in rows that are not known as a whole        |
 * | `Product deleted where category = 'books'` | rows that held this value and are gone                       |
 * | `Product deleted, of unknown values` | rows that are gone, and nobody knows what they held                |
 * | `reports:daily`                 | the user's own tag                                                      |
 * | `the key 'totals'`              | `set()`, `delete()` and the like of a user's own key, in any process    |
 * | `the namespace 'users'`         | `clear()` of a namespace                                                |
 *
 * Values are those that the database compares: text in lower case, `true` as `1`; `null` is NULL.
 *
 * @param prefix whose tags are the user's own
 */
export function dependencyInWords(tag: Tag, prefix: string, nameTable: NameTable): string {
  const parts = partsOfTag(tag);
  if (parts === undefined) return spellingOf(prefix, tag) ?? keyInWords(prefix, tag);
  if (parts.table === undefined) return 'everything in the database';
  const words = nameTable(parts.table);
  const [group, node, ...value] = parts.path;
  if (group === ':' && node === '') {
    const [column, held] = value;
    const which = column === undefined ? ', in unknown rows' : ` where ${heldIn(words, column, held)}`;
    return `${words.name} updated or deleted${which}`;
  }
  if (group === ':') return `${words.name}:${node === undefined ? '*' : idInWords(words, node)}`;
  if (group !== '~') return words.name;
  switch (node?.[0]) {
    case '+':
      return `${words.name} inserted`;
    case '-':
      if (node === '-') return `${words.name} deleted`;
      return `${words.name} deleted where ${heldIn(words, node, value[0])}`;
    case '!':
      return node === '!'
        ? `${words.name} deleted, of unknown values`
        : `${columnIn(words, node)} set, in unknown rows`;
    case '*':
      return `${words.name} updated or deleted`;
    case '#':
      return `${columnIn(words, node)} set`;
    case '?':
      return `${columnIn(words, node)} set to ${valueInWords(value[0])}`;
    case '=': {
      const [held, set, given] = value;
      if (set === undefined) return `${words.name}.${heldIn(words, node, held)}`;
      // NULL has the place of the empty text here.
      const holds = heldIn(words, node, held === '' ? undefined : held);
      const change = set.startsWith('#') ? 'set' : `set to ${valueInWords(given)}`;
      return `${columnIn(words, set)} ${change} where ${holds}`;
    }
    default:
      return `${words.name} changed`;
  }
}

function keyInWords(prefix: string, tag: Tag): string {
  const key = keyOf(prefix, tag);
  const namespace = namespaceOf(prefix, tag);
  const around = namespace === '' ? '' : `the namespace ${valueInWords(namespace)}`;
  if (key === undefined) return around === '' ? 'clear()' : around;
  return `the key ${valueInWords(key)}${around === '' ? '' : ` in ${around}`}`;
}

/** The id of a row as `Product:` is followed by it. */
export function idInWords({ key }: TableWords, id: string): string {
  const parts = partsOfId(id, key.length);
  if (parts.length === 1) return id;
  return `{ ${parts.map((part, i) => `${key[i]}: ${valueInWords(part)}`).join(', ')} }`;
}

function columnIn(words: TableWords, node: string): string {
  return `${words.name}.${words.columnName(node.slice(1))}`;
}

function heldIn(words: TableWords, node: string, value: string | undefined): string {
  return `${words.columnName(node.slice(1))} = ${valueInWords(value)}`;
}

/** Quoted where it could be taken for something else. */
function valueInWords(value: string | undefined): string {
  if (value === undefined) return 'null';
  return WHOLE_NUMBER.test(value) ? value : `'${value.replaceAll("'", "\\'")}'`;
}
