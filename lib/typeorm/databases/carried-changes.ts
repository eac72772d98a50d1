import type { TableWrite } from '../../sql/statement.js';
import type { CarriedChange } from '../../tags/foreign-keys.js';

/** What a write does to its rows that foreign keys may carry on; `columns` are the ones it names, as its table calls them. */
export function changesOf({ kind }: TableWrite, columns: TableWrite['columns']): readonly CarriedChange[] {
  switch (kind) {
    case 'delete':
      return [{ kind: 'delete' }];
    case 'update':
      return [{ kind: 'update', columns: columns === undefined ? undefined : new Set(columns) }];
    case 'upsert':
      return [{ kind: 'update', columns: undefined }];
    case 'replace':
    case 'merge':
      return [{ kind: 'delete' }, { kind: 'update', columns: undefined }];
    default:
      return [];
  }
}
