import { CompiledLibrary } from '../support/compiled-library.js';

/** Runs a program in a process of its own, with flags of Node that only a new process can have; what it wrote. */
export function runInChildProcess(program: string, ...flags: string[]): string {
  const library = CompiledLibrary.of(['codec', 'errors', 'support'], { packages: false });
  try {
    return library.run(program, flags);
  } finally {
    library.remove();
  }
}
