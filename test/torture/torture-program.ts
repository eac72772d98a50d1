import { CompiledSources } from '../support/compiled-sources.js';

/** `npm run torture` on the sources as they are, without building the package. */
export class TortureProgram {
  private readonly sources = new CompiledSources(['lib', 'test/support', 'torture']);

  constructor() {
    this.sources.copy('test/support/services');
  }

  /** Runs it to its end: its exit code, and what it wrote. */
  run(...args: readonly string[]): ReturnType<CompiledSources['run']> {
    return this.sources.run('torture/run.js', args);
  }

  remove(): void {
    this.sources.remove();
  }
}
