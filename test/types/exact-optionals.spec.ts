import { expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import ts from 'typescript';

/** The errors of one file, and of no other that it imports, under the options of the repository and one more. */
function errorsIn(file: string, more: ts.CompilerOptions): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, process.cwd());
  const program = ts.createProgram([resolve(file)], { ...options, ...more });
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(resolve(file)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

it('options may be undefined, and other libraries’ stores are taken, under `exactOptionalPropertyTypes`', () => {
  const file = 'test/types/exact-optionals.ts';
  expect(errorsIn(file, { exactOptionalPropertyTypes: true })).toEqual([]);
}, 120_000);
