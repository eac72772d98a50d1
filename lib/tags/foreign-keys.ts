/** What a database does to the rows that refer to a row which goes away or gets another key. */
export interface ForeignKey {
  /** The table that refers, and its columns. */
  readonly from: string;
  readonly columns: readonly string[];
  /** The table referred to, and its columns; none when they are not known. */
  readonly to: string;
  readonly referencedColumns: readonly string[];
  /** The rules as SQL spells them, for example `SET NULL`. */
  readonly onDelete: string;
  readonly onUpdate: string;
  /** Whether the database is known to refuse rows that refer to none. */
  readonly isEnforced?: boolean;
}

/** A change that foreign keys may carry on: rows go away, or these columns (undefined: any) get other values. */
export type CarriedChange =
  { readonly kind: 'delete' } | { readonly kind: 'update'; readonly columns: ReadonlySet<string> | undefined };

/** Which columns of a table change where these do; undefined: perhaps any. */
export type ChangedWith = (table: string, columns: ReadonlySet<string>) => ReadonlySet<string> | undefined;

const DELETION: CarriedChange = { kind: 'delete' };

/** Which foreign keys refer to which table. Tables are named by any text, as long as it is the same one everywhere. */
export class ForeignKeys {
  private readonly byTarget = new Map<string, ForeignKey[]>();
  private readonly known = new Set<string>();
  private readonly acting = new Set<string>();

  /** Adds a key; one that says the same as another adds nothing. Keys without an action count for {@link referringTo}. */
  add(key: ForeignKey): void {
    const onDelete = actionOf(key.onDelete);
    const onUpdate = actionOf(key.onUpdate);
    const columns = [[...key.columns].sort(), [...key.referencedColumns].sort()];
    const text = JSON.stringify([key.from, key.to, columns, onDelete, onUpdate]);
    if (this.known.has(text)) return;
    this.known.add(text);
    if (onDelete !== undefined || onUpdate !== undefined) this.acting.add(text);
    const referring = this.byTarget.get(key.to);
    if (referring === undefined) this.byTarget.set(key.to, [key]);
    else referring.push(key);
  }

  /** Whether every key of `other` that acts is one of these. */
  coverActionsOf(other: ForeignKeys): boolean {
    for (const key of other.acting) if (!this.acting.has(key)) return false;
    return true;
  }

  /** The tables that the database changes by itself when `table` is changed; `table` itself only if it is among them. */
  carriedTo(
    table: string,
    change: CarriedChange,
    changedWith: ChangedWith = (_table, columns) => columns,
  ): ReadonlySet<string> {
    const reached = new Set<string>();
    const seen = new Set<string>();
    const follow = (target: string, what: CarriedChange): void => {
      const whole =
        what.kind === 'delete' ? what : { ...what, columns: what.columns && changedWith(target, what.columns) };
      for (const key of this.byTarget.get(target) ?? []) {
        const next = effectOf(key, whole);
        if (next === undefined) continue;
        reached.add(key.from);
        const step = `${key.from}\n${next.kind === 'delete' ? '' : [...(next.columns ?? ['*'])].join('\n')}`;
        if (seen.has(step)) continue;
        seen.add(step);
        follow(key.from, next);
      }
    };
    follow(table, change);
    return reached;
  }

  /** Every table that refers to `table`, directly or through others, whatever its rules: what CASCADE reaches. */
  referringTo(table: string): ReadonlySet<string> {
    const reached = new Set<string>();
    const follow = (target: string): void => {
      for (const key of this.byTarget.get(target) ?? []) {
        if (reached.has(key.from)) continue;
        reached.add(key.from);
        follow(key.from);
      }
    };
    follow(table);
    return reached;
  }
}

function effectOf(key: ForeignKey, change: CarriedChange): CarriedChange | undefined {
  if (change.kind === 'delete') {
    switch (actionOf(key.onDelete)) {
      case 'cascade':
        return DELETION;
      case 'set':
        return { kind: 'update', columns: new Set(key.columns) };
      default:
        return undefined;
    }
  }
  if (actionOf(key.onUpdate) === undefined) return undefined;
  const { columns } = change;
  const isUntouched = columns !== undefined && !key.referencedColumns.some((column) => columns.has(column));
  if (isUntouched && key.referencedColumns.length > 0) return undefined;
  return { kind: 'update', columns: new Set(key.columns) };
}

/** `DEFAULT` is how TypeORM's own type spells SET DEFAULT. */
function actionOf(rule: string): 'cascade' | 'set' | undefined {
  if (/cascade/i.test(rule)) return 'cascade';
  return /set|default/i.test(rule) ? 'set' : undefined;
}
