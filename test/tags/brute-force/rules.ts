import type { Mutation } from '../../support/mutant-rooms.js';

const without = (file: string, text: string, replaced = ''): Mutation => ({
  file: `tags/${file}.ts`,
  text,
  without: replaced,
});

/** Limits that small databases reach. */
export const SMALL_LIMITS: readonly Mutation[] = [
  without('reading', 'MAX_READ_ROWS = 100', 'MAX_READ_ROWS = 1'),
  without('write-rules', 'MAX_WRITTEN_ROWS = 1_000', 'MAX_WRITTEN_ROWS = 1'),
  without('write-rules', 'const FEW_VALUES = 16;', 'const FEW_VALUES = 0;'),
  without('write-rules', 'const MAX_WRITTEN_VALUES = 1_000;', 'const MAX_WRITTEN_VALUES = 0;'),
  without('write-rules', 'const MAX_PAIRS = 200;', 'const MAX_PAIRS = 0;'),
];

/** Shown only where nobody is told which rows a condition chose. */
const HIDDEN = [undefined, true] as const;

type Rule = readonly [rule: string, mutation: Mutation, rare?: string, hidesChosenRows?: boolean];

/**
 * Each rule, the place where it stands and what the place says without it, the shape that shows it if few others do, and whether
 * that takes tables that hide which rows were chosen.
 */
export const RULES: readonly Rule[] = [
  // Writes
  ['an insert touches A+', without('write-rules', 'effect.touch(INSERTED);')],
  ['an insert touches its rows', without('write-rules', 'touchRows(effect, idsOf(table, rows));')],
  ['an insert touches all its values', without('write-rules', 'touchHeldValues(effect, table, rows);')],
  [
    'an insert of unknown rows sweeps all values',
    without('write-rules', 'for (const { held } of nodesOfColumns(table)) effect.sweep(held);'),
  ],
  [
    'an insert into a table of unknown columns sweeps all changes',
    without('write-rules', 'if (table.columns === undefined) effect.sweep(CHANGES);'),
  ],
  ['an update touches A*', without('write-rules', 'if (areChangesHeard) effect.touch(CHANGED);')],
  [
    'an update touches its rows',
    without(
      'write-rules',
      'if (!setsKey) touchChosenRows(effect, table, ids ?? newIds, oldRows);',
      'if (!setsKey) void 0;',
    ),
  ],
  ['a changed key is two rows, the one before', without('write-rules', '    touchRows(effect, ids);\n')],
  [
    'a changed key is two rows, the one after',
    without('write-rules', 'touchRows(effect, newIds ?? idOfSet(table, ids, set));'),
  ],
  ['an update touches the columns it sets', without('write-rules', '  effect.touch(columnNode(column));\n')],
  [
    'an update of rows known as a whole touches what it sets beside all their values',
    without(
      'write-rules',
      'if (newRows !== undefined) touchSetWhereHeld(effect, table, newRows, set);',
      'if (newRows !== undefined) void 0;',
    ),
  ],
  [
    'an unknown value in a row known as a whole sweeps A=c',
    without(
      'write-rules',
      "if (value === undefined) effect.sweep(held);\n      else if (value !== 'none') touchChanges",
      "if (value !== undefined && value !== 'none') touchChanges",
    ),
  ],
  [
    'an update of rows known as a whole, whose columns are not, touches all columns',
    without(
      'write-rules',
      'else for (const { changed } of nodesOfColumns(table)) effect.touch(changed);',
      'else void 0;',
    ),
    'one table',
  ],
  [
    'too many values that were set sweep A=c:v',
    without('write-rules', 'else for (const text of values) effect.sweep(holderNode(held, text));', 'else void 0;'),
    'one table',
  ],
  ['an update touches the values it sets', without('write-rules', 'touchSetValue(effect, nodes, set!);', 'void 0;')],
  [
    'an update of unknown columns sweeps all changes',
    without('write-rules', '    effect.sweep(CHANGES);\n    return;', '    return;'),
  ],
  ['a delete touches A*', without('write-rules', '.touch(CHANGED).touch(DELETED)', '.touch(DELETED)')],
  ['a delete touches A-', without('write-rules', '.touch(CHANGED).touch(DELETED)', '.touch(CHANGED)')],
  [
    'a delete of rows that are not known as a whole touches A!',
    without('write-rules', 'effect.touch(DELETED_BLINDLY);', 'void 0;'),
  ],
  [
    'a delete of rows that are known as a whole touches all their values',
    without('write-rules', "else touchValuesBefore(effect, table, oldRows, 'gone');", 'else void 0;'),
  ],
  [
    'an update of rows that are not known as a whole touches A!c',
    without('write-rules', 'if (!isRowKnown) effect.touch(blindColumnNode(column));'),
  ],
  [
    'an update of rows known as a whole touches the columns it sets beside all their values',
    without('write-rules', 'changes.push({ path: anySetWhere, isUnknown: false });'),
  ],
  ['an upsert is an update', without('write-rules', '  update(effect, facts);\n')],
  ['an upsert is an insert', without('write-rules', 'insert(effect, facts.table, facts.newRows ?? facts.rows);')],
  [
    'unknown rows sweep A:',
    without(
      'write-rules',
      'if (ids === undefined || ids.length > MAX_WRITTEN_ROWS) effect.sweep(ROWS);',
      'if (ids === undefined || ids.length > MAX_WRITTEN_ROWS) void 0;',
    ),
  ],
  [
    'an unknown value of a new row sweeps A=c:v?s',
    without(
      'write-rules',
      'if (value === undefined) effect.sweep(group);\n  else if',
      'if (value === undefined) void 0;\n  else if',
    ),
    'one table',
  ],
  [
    'too many or unknown values of new rows sweep A=c',
    without('write-rules', '      effect.sweep(held);\n      continue;', '      continue;'),
    'one table',
  ],
  [
    'a new row that holds NULL touches A=c',
    without('write-rules', 'if (text === null) effect.touch(held);'),
    'one table',
  ],
  ['a new row touches its values to those who tell them apart', without('write-rules', 'effect.touch(holder);')],
  [
    'a new row touches what it holds beside each of them',
    without('write-rules', 'for (const row of rows) touchOthersHeld(effect, table, row, { column, holder, text });'),
    'one table',
  ],
  [
    'a new row sweeps its values to those who do not tell them apart',
    without('write-rules', '        effect.sweep(holder);\n        continue;', '        continue;'),
  ],
  [
    'too many or unknown values of rows that are gone sweep A-c',
    without('write-rules', 'if (values === undefined) effect.sweep(node);', 'if (values === undefined) void 0;'),
    'one table',
  ],
  [
    'rows that were chosen by what they held, and that nobody names, touch A@',
    without('write-rules', 'effect.touch(CHOSEN);'),
    ...HIDDEN,
  ],
  [
    'rows that were chosen by what they held touch those values',
    without('write-rules', "touchValuesBefore(effect, table, oldRows, 'chosen');"),
    ...HIDDEN,
  ],
  [
    'where answers do not listen for what rows held that were chosen, unknown rows sweep A:',
    without('write-rules', ' && table.hidesChosenRows === true'),
  ],
  [
    'rows of a table of unknown columns sweep A:, whatever is known of what they held',
    without('write-rules', ' && table.columns !== undefined;', ';'),
    ...HIDDEN,
  ],
  [
    'an unknown value that is set sweeps A?c',
    without('write-rules', 'if (value === undefined) effect.sweep(set);', 'if (value === undefined) void 0;'),
  ],
  [
    'a write of which nothing is known sweeps all rows',
    without('write-rules', 'effect.sweep(ROWS).sweep(CHANGES);', 'effect.sweep(CHANGES);'),
  ],
  [
    'a write of which nothing is known sweeps all changes',
    without('write-rules', 'effect.sweep(ROWS).sweep(CHANGES);', 'effect.sweep(ROWS);'),
  ],
  [
    'a write of which only the rows are known sweeps all changes',
    without('write-rules', 'touchRows(effect.sweep(CHANGES), ids)', 'touchRows(effect, ids)'),
  ],
  ['NULL is a value', without('table-info', 'if (value === null) return NULL;', "if (value === null) return 'none';")],
  [
    'a write without a schema reaches all namesakes',
    without('table-tags', 'namesakes: hasSchema ? undefined : below(own, SCHEMAS)', 'namesakes: undefined'),
  ],
  [
    'a write with a schema reaches who named none',
    without(
      'table-tags',
      'other: hasSchema ? spelling(tagOf(table.database, table.name)) : undefined',
      'other: undefined',
    ),
  ],
  [
    'a write to the whole table reaches the rows of who named no schema',
    without('table-tags', '.sweep(at(other.table, ROWS))'),
  ],
  [
    'a write to the whole table reaches the changes of who named no schema',
    without('table-tags', '.sweep(other.changes)'),
  ],
  // Values
  [
    'a long value has no node for readers either',
    without('equality-plan', 'text === undefined || text.length > MAX_VALUE_LENGTH ||', 'text === undefined ||'),
    'one table',
  ],
  [
    'a value that cannot be named is a change of the column',
    without('inner-plan', '{\n        reading.depend(equality.columnTag);\n', '{\n'),
  ],
  // Sources that count in every combination
  [
    'E: new rows',
    without(
      'inner-plan',
      'if (chosen !== undefined && !isPaired) chosen.equality.dependOnHeld(chosen.texts, reading);',
    ),
  ],
  [
    'E: values that are set',
    without('inner-plan', 'if (isNamed) equality.dependOnSet(texts, reading);', 'if (isNamed) void 0;'),
  ],
  [
    'E: values that are set in rows known as a whole',
    without('equality-plan', 'reading.depend(set === null ? group : below(group, set));', 'void 0;'),
  ],
  [
    'A+ where E is empty',
    without('inner-plan', 'if (chosen === undefined && this.inserted !== undefined) reading.depend(this.inserted);'),
  ],
  [
    'X: columns used in other ways',
    without('inner-plan', 'const columns = [...facts.used];', 'const columns: string[] = [];'),
  ],
  ['X: columns of joins', without('inner-plan', 'if (!isConstant) columns.push(column);')],
  [
    'X: columns of joins that are not constant in every disjunct',
    without('inner-plan', 'const isConstant = equalities.every(', 'const isConstant = equalities.some('),
  ],
  ['X: all that is read of rows nobody sees', without('inner-plan', 'if (!isTold) columns.push(...facts.read);')],
  ['A- where rows leave unseen', without('inner-plan', 'isLeavingUnseen ? [...tags, ...facts.deleted] : tags', 'tags')],
  [
    'A! where rows leave unseen',
    without('inner-plan', 'isLeavingUnseen ? [...blind, ...facts.blindlyDeleted] : blind', 'blind'),
  ],
  [
    'A!c where every disjunct binds a column',
    without('inner-plan', 'for (const tag of this.blindly) reading.depend(tag);'),
  ],
  ['A-c:v where rows leave unseen', without('inner-plan', 'equality.dependOnGone(texts, reading);', 'void 0;')],
  [
    'A=c:v#s where every disjunct binds a column',
    without('inner-plan', 'else equality.dependOnAnySetWhere(texts, column, reading);'),
  ],
  [
    'A#c of the column that binds',
    without(
      'inner-plan',
      'if (column === equality.column.name) reading.depend(equality.columnTag);',
      'if (column === equality.column.name) void 0;',
    ),
  ],
  [
    'A#c where a disjunct binds no column',
    without(
      'inner-plan',
      'if (binding === undefined) isBound = false;\n        else bindings',
      'if (binding !== undefined) bindings',
    ),
  ],
  ['OFFSET hides rows', without('inner-plan', ' || facts.statement.shape.hasOffset')],
  [
    'rows that are seen',
    without('inner-plan', 'this.seen?.addTo(reading, () => (isBound ? valuesBinding(bindings) : undefined));'),
  ],
  ['a disjunct without the key lets other rows through', without('inner-plan', 'isOpen = true;')],
  [
    'A@ for rows that are seen',
    without('seen-rows', 'if (held === undefined) reading.depend(this.anyChosen);', 'if (held === undefined) void 0;'),
    ...HIDDEN,
  ],
  [
    'A@c:v for rows that are bound to values',
    without('seen-rows', 'else for (const value of held) reading.depend(value);'),
    ...HIDDEN,
  ],
  [
    'a disjunct that binds no column lets rows through of any values',
    without('inner-plan', 'isBound ? valuesBinding(bindings) : undefined', 'valuesBinding(bindings)'),
    ...HIDDEN,
  ],
  [
    'A@ for rows that are named by their key',
    without('equality-plan', 'if (this.anyChosen !== undefined) rows?.push(this.anyChosen);'),
    ...HIDDEN,
  ],
  [
    'attached: A@c:v of the parents',
    without('attached-plan', '[...chosenTexts].map((text) => below(chosen.chosenBy, text))', '[]'),
    ...HIDDEN,
  ],
  ['A* for rows that are too many or have no name', without('seen-rows', 'reading.depend(this.anyChanged);')],
  [
    'B+ for rows joined by key that are too many or have no name',
    without('seen-rows', 'for (const tag of this.unnamed) reading.depend(tag);'),
  ],
  // What joins say of columns
  [
    'an outer join says nothing of the rows it is joined to',
    without(
      'constraints',
      "pair.column === constraint.column && roles[k] === 'inner'",
      'pair.column === constraint.column',
    ),
  ],
  [
    'an outer join is an inner one only if every disjunct asks for its row',
    without('join-roles', 'return disjuncts.every((disjunct) =>', 'return disjuncts.some((disjunct) =>'),
  ],
  [
    'IS NULL asks for no row',
    without('join-roles', 'source === i && isNull !== true && values.length > 0', 'source === i'),
  ],
  [
    'an outer-joined table that is mentioned decides',
    without('join-roles', "if (source.isMentioned && source.isMentionedOnlyInPairs !== true) return 'deciding';"),
  ],
  [
    'an outer-joined list decides how many rows OFFSET skips',
    without('join-roles', "if (shape.hasOffset && !isKeyPaired(tables[i], source.on)) return 'deciding';"),
  ],
  [
    'an outer-joined table decides if one joined to it does',
    without('join-roles', "return isNeeded ? 'deciding' : 'attached';", "return 'attached';"),
  ],
  ['only the database enforces keys', without('join-roles', 'key.isEnforced && ')],
  [
    'who is referred to by outer-joined rows counts without them',
    without(
      'join-roles',
      "if (k === i || (k > i && roles[k] !== 'inner')) return false;",
      'if (k === i) return false;',
    ),
  ],
  [
    'a join that asks for more may not find who is referred to',
    without('join-roles', 'if (!isPlainJoin || on.some(({ source }) => source !== i)) return false;'),
    'junction LEFT, keys enforced',
  ],
  [
    'whoever is not found says nothing of who looked',
    without('row-places', "if (roles[k] !== 'inner' && !surelyFinds(shape, tables, i, k)) continue;"),
  ],
  // Outer-joined sources that decide
  ['deciding: columns used', without('deciding-plan', '...facts.used, ')],
  ['deciding: columns compared with constants', without('deciding-plan', '...own, '), 'many-to-one LEFT'],
  ['deciding: columns of joins', without('deciding-plan', ', ...facts.paired(() => true)')],
  [
    'deciding: all that is read of rows nobody sees',
    without('deciding-plan', 'if (facts.rowIds === undefined) columns.push(...facts.read);'),
  ],
  ['deciding: the last row that goes', without('deciding-plan', ', ...facts.deleted]', ']')],
  ['deciding: a row that comes', without('deciding-plan', 'reading.depend(this.inserted);', 'void 0;')],
  ['deciding: rows that are seen', without('deciding-plan', 'this.seen?.addTo(reading, ANY_VALUES);')],
  [
    'deciding: its own conditions do not limit which rows matter',
    without('deciding-plan', 'facts.equalities(({ isDerived }) => isDerived)', 'facts.equalities(() => true)'),
  ],
  [
    'deciding: every disjunct says which rows can be found',
    without(
      'deciding-plan',
      'if (!rest.includes(undefined)) found.push([equality, ...(rest as EqualityPlan<V>[])]);',
      'found.push([equality, ...(rest.filter(Boolean) as EqualityPlan<V>[])]);',
    ),
  ],
  [
    'deciding: every disjunct says which keys can be found',
    without(
      'deciding-plan',
      'keys.every((key) => key !== undefined) ? keys : []',
      'keys.filter((key) => key !== undefined)',
    ),
  ],
  [
    'deciding: a row that comes, by the value it is joined by',
    without('deciding-plan', 'choices.forEach((equality, i) => equality.dependOnHeld(texts[i]!, reading));'),
  ],
  // Outer-joined sources that only add
  [
    'attached: rows by their keys or as seen',
    without('attached-plan', 'this.seen?.addTo(', 'void ([] as unknown[]).concat('),
  ],
  [
    'attached: columns joined to what is not selected',
    without('attached-plan', 'for (const { column } of facts.shape.on) if (!places.has(column)) columns.push(column);'),
  ],
  [
    'attached: all that is read of rows nobody sees',
    without('attached-plan', 'if (facts.rowIds === undefined) columns.push(...facts.read);'),
  ],
  [
    'attached: rows that leave unseen',
    without('attached-plan', 'facts.rowIds === undefined ? [...tags, ...facts.deleted] : tags', 'tags'),
  ],
  [
    'attached: rows that come to a parent',
    without('attached-plan', 'for (const text of texts) reading.depend(below(parent.held, text));'),
  ],
  [
    'attached: rows that are moved to a parent',
    without('attached-plan', 'for (const text of texts) reading.depend(below(parent.set, text));'),
  ],
  [
    'attached: rows known as a whole that are moved to a parent',
    without('attached-plan', 'this.addSetWhere(chosen, chosenTexts, parent, texts, reading);'),
  ],
  [
    'attached: parents that cannot be named',
    without(
      'attached-plan',
      'if (texts === undefined) {\n        reading.depend(parent.columnTag);',
      'if (texts === undefined) {',
    ),
  ],
  [
    'attached: rows that come where no parent is named',
    without('attached-plan', 'if (chosen === undefined && this.inserted !== undefined) reading.depend(this.inserted);'),
  ],
];
