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

  it('starts with an application that compiles', () => {
    const [application] = [...README.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
    const directory = mkdtempSync(join('test', 'readme-'));
    try {
      const file = join(directory, 'app.ts');
      writeFileSync(file, application);
      const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as { config: object };
      const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, process.cwd());
      const program = ts.createProgram([file], { ...options, noEmit: true });
      const diagnostics = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
      expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }, 60_000);
});
