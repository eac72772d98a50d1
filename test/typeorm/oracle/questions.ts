import type { DataSource, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';
import { dump, tablesOf, type Dump } from './dump.js';
import { ItemView, Person, Post, Town } from './schema.js';

/** Something an application asks of its database, which a cache may answer. */
export interface Question {
  readonly name: string;
  ask(): Promise<unknown>;
}

/** The answers as texts, by the names of their questions; what no row answers is absent. */
export type Answers = ReadonlyMap<string, string>;

/** What is true now: the tables as they are, and the answers to all questions, asked of the database itself. */
export interface Truth {
  readonly tables: Dump;
  readonly answers: Answers;
}

/**
 * Asks for every row that ever was by its key, as an entity and in SQL, for whole tables, counts, views and relations.
 *
 * Rows that were deleted, and those that will come next, are asked for too: an answer "there is none" goes stale when
 * the row comes.
 */
export class Questionnaire {
  private readonly rows = new Map<string, Question>();
  private readonly wholes: readonly Question[];

  constructor(private readonly dataSource: DataSource) {
    const { manager } = dataSource;
    const all: Question[] = [
      { name: 'the view', ask: async () => ordered(await manager.find(ItemView)) },
      {
        name: 'posts with everything',
        ask: async () =>
          ordered(
            await manager.find(Post, {
              relations: { author: { profile: true }, tags: true, comments: true, notes: true },
            }),
          ),
      },
      {
        name: 'people with their posts',
        ask: async () => ordered(await manager.find(Person, { relations: { posts: true } })),
      },
      {
        name: 'towns with regions',
        ask: async () => ordered(await manager.find(Town, { relations: { region: { country: true } } })),
      },
    ];
    for (const metadata of tablesOf(dataSource)) {
      const { tableName } = metadata;
      all.push({ name: `all of ${tableName}`, ask: async () => ordered(await this.select(metadata)) });
      const target = entityOf(metadata);
      if (target === undefined) continue;
      all.push(
        { name: `every ${tableName}`, ask: async () => ordered(await manager.find(target, { withDeleted: true })) },
        { name: `count of ${tableName}`, ask: () => manager.count(target) },
      );
    }
    this.wholes = all;
  }

  get questions(): Iterable<Question> {
    return [...this.wholes, ...this.rows.values()];
  }

  /** Asks the database; the rows it finds are questions from now on. */
  async truth(): Promise<Truth> {
    const tables = await dump(this.dataSource);
    const answers = new Map<string, string>();
    for (const metadata of tablesOf(this.dataSource)) {
      const rows = tables.get(metadata.tableName)!;
      answers.set(`all of ${metadata.tableName}`, written(ordered([...rows.values()])));
      for (const [key, row] of rows) {
        const values = metadata.primaryColumns.map((column) => row[column.databaseName]);
        const name = `${metadata.tableName}${key}`;
        const question = { name: `${name} in SQL`, ask: async () => (await this.select(metadata, values))[0] };
        this.rows.set(question.name, question);
        answers.set(question.name, written(row));
      }
      await this.askForEntities(metadata, answers);
    }
    for (const { name, ask } of this.wholes) if (!answers.has(name)) answers.set(name, written(await ask()));
    return { tables, answers };
  }

  private async askForEntities(metadata: EntityMetadata, answers: Map<string, string>): Promise<void> {
    const target = entityOf(metadata);
    if (target === undefined) return;
    const entities = await this.dataSource.manager.find(target, { withDeleted: true });
    answers.set(`every ${metadata.tableName}`, written(ordered(entities)));
    for (const entity of entities)
      answers.set(this.askFor(metadata, metadata.getEntityIdMap(entity)!), written(entity));
    const [key, ...others] = metadata.primaryColumns;
    if (others.length > 0 || key.generationStrategy !== 'increment') return;
    const last = Math.max(0, ...entities.map((entity) => key.getEntityValue(entity) as number));
    for (let next = last + 1; next <= last + 3; next++) this.askFor(metadata, key.createValueMap(next));
  }

  private askFor(metadata: EntityMetadata, where: ObjectLiteral): string {
    const name = `${metadata.tableName} ${JSON.stringify(where)}`;
    const ask = (): Promise<unknown> =>
      this.dataSource.manager.findOne(entityOf(metadata)!, { where, withDeleted: true });
    this.rows.set(name, { name, ask });
    return name;
  }

  private select(metadata: EntityMetadata, key?: readonly unknown[]): Promise<Record<string, unknown>[]> {
    const { driver } = this.dataSource;
    const conditions = metadata.primaryColumns.map(
      (column, at) => `${driver.escape(column.databaseName)} = ${driver.createParameter('key', at)}`,
    );
    const text = `SELECT * FROM ${driver.escape(metadata.tableName)}`;
    return key === undefined
      ? this.dataSource.query(text)
      : this.dataSource.query(`${text} WHERE ${conditions.join(' AND ')}`, [...key]);
  }
}

/** How an answer compares with another; no answer at all is the absence of a row. */
export function written(answer: unknown): string {
  return JSON.stringify(answer ?? null, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** A list as a set: no order was asked for. */
function ordered(list: readonly unknown[]): string[] {
  return list.map(written).sort();
}

function entityOf(metadata: EntityMetadata): EntityTarget<ObjectLiteral> | undefined {
  return metadata.tableType === 'regular' ? metadata.target : undefined;
}
