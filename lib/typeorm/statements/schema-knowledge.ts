import { createHash } from 'node:crypto';
import type { SchemaFingerprints } from '../../engine/log/schema-fingerprints.js';
import { dataSourcesRevision, initializedDataSources } from '../databases/data-sources.js';
import { placeOfDatabase } from '../databases/database-identity.js';
import { heardDataSource } from './heard-data-source.js';

/** Raised when the same knowledge of a database leads to other tags, so that versions of this package do not mix them up. */
const RULES_VERSION = 1;

let revision = -1;
let byDatabase: ReadonlyMap<string, string> = new Map();
let together = '';

/** What the DataSources of this process know of the columns of their databases, which decides what their tags name. */
export const schemaFingerprints: SchemaFingerprints = {
  of(database) {
    lookAgain();
    return byDatabase.get(database);
  },
};

/** The same of all of them in one text, with where they are: processes with different ones read none of each other's entries. */
export function knownSchemas(): string {
  lookAgain();
  return together;
}

function lookAgain(): void {
  if (revision === dataSourcesRevision()) return;
  revision = dataSourcesRevision();
  const parts = new Map<string, string[]>();
  const places: string[] = [];
  for (const dataSource of initializedDataSources()) {
    const { database, knownColumns } = heardDataSource(dataSource);
    parts.set(database, [...(parts.get(database) ?? []), knownColumns]);
    places.push(`${placeOfDatabase(dataSource)} ${knownColumns}`);
  }
  byDatabase = new Map([...parts].map(([database, known]) => [database, digestOf(known)]));
  together = digestOf(places);
}

function digestOf(texts: readonly string[]): string {
  const all = [String(RULES_VERSION), ...[...new Set(texts)].sort()].join('\n');
  return createHash('sha256').update(all).digest('base64url').slice(0, 8);
}
