import type { ColumnUse, OpenSelect, OpenSource, SelectItem } from './open-select.js';
import type { SelectFacts, SourceFacts } from './select-statement.js';

/** Which part of a SELECT reaches the answer, and how. */
interface Answer {
  /** What of the select list is answered, or else matters. */
  readonly items: readonly SelectItem[];
  readonly isRowwise: boolean;
  /** A row that comes twice answers the same as one that comes once. */
  readonly ignoresRepetition: boolean;
  /** Sources whose columns can be told from the rows. */
  readonly hasOutputs: (source: number) => boolean;
  readonly isLimited: boolean;
  readonly hasOffset: boolean;
}

/** What a SELECT that was read asks of its tables; `undefined` when it reads from a query in a way that is not known. */
export function finish(select: OpenSelect): SelectFacts | undefined {
  if (select.exists !== undefined) return existence(select, select.exists);
  const [first] = select.sources;
  if (first?.derived !== undefined) return page(select, first, first.derived);
  const isRowwise = !select.isDistinct && !select.isGrouped;
  if (!isRowwise) for (const { uses } of select.items) note(select.sources, uses);
  return close(select, {
    items: select.items,
    isRowwise,
    ignoresRepetition: (select.isDistinct && !select.isGrouped) || select.countsDistinct,
    hasOutputs: () => isRowwise,
    isLimited: select.isLimited,
    hasOffset: select.hasOffset,
  });
}

/** `SELECT 1 FROM (SELECT 1) "dummy_table" WHERE EXISTS (…) LIMIT 1`, as TypeORM asks whether there is a row. */
function existence(outer: OpenSelect, inner: OpenSelect): SelectFacts | undefined {
  const isAsked =
    outer.sources.length === 1 &&
    outer.sources[0].derived?.sources.length === 0 &&
    outer.sources[0].derived.items.every(({ uses }) => uses.length === 0) &&
    outer.items.every(({ uses }) => uses.length === 0) &&
    outer.sources[0].used.size === 0;
  if (!isAsked) return undefined;
  // What is selected does not matter to EXISTS, unless a group or a limit is made of it.
  const isPlain = !inner.isGrouped && !inner.isDistinct;
  if (!isPlain) for (const { uses } of inner.items) note(inner.sources, uses);
  return close(inner, {
    items: isPlain ? [] : inner.items,
    isRowwise: false,
    ignoresRepetition: isPlain && !inner.hasOffset,
    hasOutputs: () => false,
    isLimited: inner.isLimited,
    hasOffset: inner.hasOffset,
  });
}

/**
 * `SELECT DISTINCT "distinctAlias"."Post_id" AS "ids_Post_id" FROM (SELECT …) "distinctAlias" ORDER BY … LIMIT …`: the first of the two
 * statements by which TypeORM reads a page of entities with joins.
 */
function page(outer: OpenSelect, table: OpenSource, inner: OpenSelect): SelectFacts | undefined {
  if (!outer.isDistinct || outer.isGrouped || outer.hasWhere || outer.sources.length !== 1) return undefined;
  if (inner.isDistinct || inner.isGrouped || inner.isLimited || inner.hasOffset) return undefined;
  const byLabel = new Map<string, SelectItem[]>();
  for (const item of inner.items) {
    if (item.label === undefined) return undefined;
    const label = item.label.toLowerCase();
    const others = byLabel.get(label);
    if (others === undefined) byLabel.set(label, [item]);
    else others.push(item);
  }
  const innerItem = (column: string): SelectItem | undefined => {
    const found = byLabel.get(column) ?? [];
    return found.length === 1 ? found[0] : undefined;
  };
  const picked: SelectItem[] = [];
  for (const { plain, label } of outer.items) {
    const item = plain === undefined ? undefined : innerItem(plain.column);
    if (item === undefined) return undefined;
    // A value of another source than the first: which ones there are shapes the list.
    if (item.plain?.source !== 0) note(inner.sources, item.uses);
    picked.push({ ...item, label });
  }
  for (const column of table.used) {
    // A name that is a label of the outer list only.
    const isLabel = outer.items.some(({ label }) => label?.toLowerCase() === column);
    const item = innerItem(column);
    if (item !== undefined) note(inner.sources, item.uses);
    else if (!isLabel) return undefined;
  }
  return close(inner, {
    items: picked,
    isRowwise: true,
    ignoresRepetition: true,
    hasOutputs: (source) => source === 0,
    isLimited: outer.isLimited,
    hasOffset: outer.hasOffset,
  });
}

/** Columns that decide about the answer as a whole. */
function note(sources: readonly OpenSource[], uses: readonly ColumnUse[]): void {
  for (const { source, column } of uses) {
    sources[source].used.add(column);
    sources[source].read.add(column);
    sources[source].isInClause = true;
  }
}

function close(select: OpenSelect, answer: Answer): SelectFacts | undefined {
  const { sources } = select;
  const isAnswered = new Set<number>();
  for (const { uses } of answer.items) for (const { source } of uses) isAnswered.add(source);
  const decisive = decisiveSources(sources, answer, isAnswered);
  const isKept = (source: number): boolean => !answer.ignoresRepetition || decisive.has(source);
  for (const [index, source] of sources.entries()) {
    if (!isKept(index)) continue;
    for (const { source: read, column } of source.onUses) sources[read].read.add(column);
    for (const { source: used, column } of source.onRest) sources[used].used.add(column);
  }
  for (const { uses } of answer.items) for (const { source, column } of uses) sources[source].read.add(column);
  const outputs = outputsOf(sources.length, answer);
  const positions: number[] = [];
  let kept = 0;
  for (let index = 0; index < sources.length; index++) positions.push(isKept(index) ? kept++ : -1);
  const isShifted = answer.hasOffset && !answer.ignoresRepetition;
  const facts: SourceFacts[] = [];
  for (const [index, source] of sources.entries()) {
    const { table, join, pairs, isPlainJoin, used, read } = source;
    if (table === undefined) return undefined;
    if (!isKept(index)) continue;
    const isJoinedTo = sources.some(
      (other, at) => at !== index && isKept(at) && other.onUses.some((use) => use.source === index),
    );
    facts.push({
      table,
      join,
      on: pairs.map(({ column, source: other, otherColumn }) => ({ column, source: positions[other], otherColumn })),
      isPlainJoin: isPlainJoin && pairs.length > 0,
      used: used.has('*') ? '*' : [...used],
      isMentioned: source.isInClause || !answer.isRowwise || isShifted || isJoinedTo,
      isDecisive: decisive.has(index),
      read: read.has('*') ? '*' : [...read],
      outputs: outputs[index],
    });
  }
  return {
    sources: facts,
    disjuncts: select.disjuncts.map((disjunct) =>
      disjunct.map((equality) => ({ ...equality, source: positions[equality.source] })),
    ),
    isLimited: answer.isLimited,
    hasOffset: answer.hasOffset,
    isRowwise: answer.isRowwise,
  };
}

function decisiveSources(
  sources: readonly OpenSource[],
  answer: Answer,
  isAnswered: ReadonlySet<number>,
): ReadonlySet<number> {
  const decisive = new Set<number>();
  // From the last: an ON names nothing behind it.
  for (let index = sources.length - 1; index >= 0; index--) {
    const { join, isInClause, onUses } = sources[index];
    // A limit counts combinations, of which every joined row makes one more.
    const isCounted = (!answer.isRowwise || answer.isLimited || answer.hasOffset) && !answer.ignoresRepetition;
    const isPart = answer.ignoresRepetition && isAnswered.has(index);
    if (join !== 'left' || isInClause || isCounted || isPart) decisive.add(index);
    if (decisive.has(index)) for (const { source } of onUses) decisive.add(source);
  }
  return decisive;
}

const nothing: ReadonlyMap<string, string> = new Map();

/** Per source, which columns the rows carry under which names. */
function outputsOf(count: number, { items, hasOutputs }: Answer): SourceFacts['outputs'][] {
  const outputs: (Map<string, string> | '*' | undefined)[] = Array.from({ length: count }, () => undefined);
  const everything = items.find(({ plain }) => plain?.column === '*')?.plain;
  if (everything !== undefined) {
    // Beside a `*` any name could be one of its columns.
    const isAlone = items.length === 1 && items[0].uses.length === 1;
    if (isAlone && hasOutputs(everything.source)) outputs[everything.source] = '*';
  } else if (items.every(({ label }) => label !== undefined)) {
    const times = new Map<string, number>();
    for (const { label } of items) {
      const name = (label as string).toLowerCase();
      times.set(name, (times.get(name) ?? 0) + 1);
    }
    for (const { plain, label } of items) {
      if (plain === undefined || label === undefined || !hasOutputs(plain.source)) continue;
      if (times.get(label.toLowerCase()) !== 1) continue;
      ((outputs[plain.source] as Map<string, string> | undefined) ??= new Map()).set(plain.column, label);
    }
  }
  return outputs.map((names) => names ?? nothing);
}
