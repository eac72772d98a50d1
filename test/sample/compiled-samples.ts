import { join } from 'node:path';
import { CompiledSources } from '../support/compiled-sources.js';

/** Samples on the sources of the library as they are, for stories that start processes of their own. */
export class CompiledSamples {
  private readonly sources: CompiledSources;

  constructor(...samples: readonly string[]) {
    this.sources = new CompiledSources(['lib', 'sample/shared', ...samples.map((sample) => `sample/${sample}`)]);
    this.sources.copy('test/support/services');
  }

  /** Runs a sample to its end: its exit code, and what it wrote. */
  run(sample: string, args: readonly string[], env: NodeJS.ProcessEnv): ReturnType<CompiledSources['run']> {
    const file = join('sample', sample, 'src/main.js');
    return this.sources.run(file, args, { env: { ...process.env, NODE_OPTIONS: '', ...env } });
  }

  remove(): void {
    this.sources.remove();
  }
}
