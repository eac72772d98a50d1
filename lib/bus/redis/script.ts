import { createHash } from 'node:crypto';

/** A Lua script, and the digest by which a server that has seen it knows it. */
export class Script {
  readonly digest: string;

  constructor(readonly text: string) {
    this.digest = createHash('sha1').update(text).digest('hex');
  }
}
