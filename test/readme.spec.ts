import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const README = readFileSync('README.md', 'utf8');

/** The property names of an interface, as its file declares them. */
function propertiesOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const declaration = source.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  )!;
  return declaration.members.map((member) => member.name!.getText(source));
}

/** The first column of the table whose head starts with `title`. */
function tableOf(title: string): string[] {
  const lines = README.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${title}`));
  const names: string[] = [];
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break;
    names.push(/^\| `(\w+)`/.exec(line)![1]);
  }
  return names;
}

/** What the blocks behind the first take for known: the application of the first, and names of its libraries. */
const PRELUDE = `
import { Module, UseInterceptors } from '@nestjs/common';
import {
  cached, CachedRepository, CacheQuery, CacheResponse, InjectCachedRepository, Invalidates, NoCache, ZooCacheModule, ZooCacheService,
} from 'nestjs-zoocache';
import { DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Catalog, Product } from './block-0.js';
@Entity() class Author { @PrimaryGeneratedColumn() id!: number; }
declare const dataSource: DataSource;
declare class ConfigService { getOrThrow<T>(name: string): T; }
`;

/** Decorators on a method each; statements that say \`this\` in a method of a service. */
function inItsPlace(block: string): string {
  const lines = block.trimEnd().split('\n');
  if (lines.every((line) => line.startsWith('@'))) {
    return lines
      .map((line, i) => `class On${i} {\n${line}\nasync method(tenant: string) { return [tenant]; }\n}`)
      .join('\n');
  }
  if (!/^(await|const) .*this\./m.test(block)) return block;
  const injected = lines.filter((line) => line.startsWith('constructor('));
  const statements = lines.filter((line) => !injected.includes(line));
  return [
    'class Service {',
    'catalog!: Catalog;',
    'build() { return 1; }',
    ...(injected.length > 0 ? injected : ['zooCache!: ZooCacheService;']),
    `async method(product: Product) {\n${statements.join('\n')}\n}`,
    '}',
  ].join('\n');
}

describe('the README', () => {
  it('names exactly the options there are', () => {
    expect(tableOf('option     ').sort()).toEqual(
      [
        ...propertiesOf('lib/zoocache.options.ts', 'ZooCacheOptions'),
        ...propertiesOf('lib/zoocache.options.ts', 'ZooCacheModuleExtras'),
      ].sort(),
    );
    expect(tableOf('option of `@CacheQuery`').sort()).toEqual(
      propertiesOf('lib/nest/cache-query.options.ts', 'CacheQueryOptions').sort(),
    );
  });

  it('prints code that compiles under strict, so that it can be copied', () => {
    const [application, ...blocks] = [...README.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
    const files = [
      application.replaceAll(/^class /gm, 'export class '),
      ...blocks.map((block, i) => `${PRELUDE}${inItsPlace(block)}\nexport const block = ${i};\n`),
    ];
    const directory = mkdtempSync(join('test', 'readme-'));
    try {
      const names = files.map((code, i) => {
        const file = join(directory, `block-${i}.ts`);
        writeFileSync(file, code);
        return file;
      });
      const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as { config: object };
      const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, process.cwd());
      const program = ts.createProgram(names, { ...options, noEmit: true });
      const diagnostics = names.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
      expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }, 60_000);
});
