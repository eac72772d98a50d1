import { selectFacts } from '../../lib/sql/select-facts.js';
import type { SelectFacts, SourceFacts } from '../../lib/sql/select-statement.js';
import type { Dialect } from '../../lib/sql/statement.js';
import { value } from './told.js';

const list = (columns: readonly string[] | '*'): string => (columns === '*' ? '*' : [...columns].sort().join(','));

function source({ table, join, on, isPlainJoin, used, isMentioned, isDecisive, read, outputs }: SourceFacts): string {
  const pairs = on.map(({ column, source: other, otherColumn }) => `${column}=${other}.${otherColumn}`).join(',');
  const names = outputs === '*' ? '*' : [...outputs].map(([column, name]) => `${column}:${name}`).join(',');
  const parts = [
    join === 'first' ? table.name : `${join} ${table.name}`,
    pairs === '' ? '' : `on ${pairs}${isPlainJoin ? '' : ' and more'}`,
    list(used) === '' ? '' : `uses ${list(used)}`,
    `reads ${list(read)}`,
    names === '' ? '' : `gives ${names}`,
    isMentioned ? '' : 'unmentioned',
    isDecisive ? '' : 'indecisive',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

export const disjunctsText = ({ disjuncts }: SelectFacts): string =>
  disjuncts
    .map((equalities) =>
      equalities
        .map(({ source: of, column, values, isNull }) =>
          isNull === true ? `${of}.${column} is null` : `${of}.${column}=${values.map(value).join(',')}`,
        )
        .join(' & '),
    )
    .map((text) => `{${text}}`)
    .join(' | ');

/** What a SELECT asks of its tables: one line per source, then one about the statement. */
export function toldFacts(sql: string, dialect: Dialect): readonly string[] | undefined {
  const facts = selectFacts(sql, dialect);
  if (facts === undefined) return undefined;
  const kind = [
    facts.isRowwise ? 'rows' : 'a whole',
    facts.isLimited ? 'limited' : '',
    facts.hasOffset ? 'offset' : '',
  ];
  return [...facts.sources.map(source), `${disjunctsText(facts)} ${kind.filter((part) => part !== '').join(' ')}`];
}
