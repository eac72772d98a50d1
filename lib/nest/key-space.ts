import { ZooCacheError } from '../errors/zoocache.error.js';
import { namespacedKey, namespaceHead, type CacheKey } from '../keys/cache-key.js';
import { shown } from '../support/check-options.js';
import type { Tag } from '../tags/tag.js';
import { namespaceTag } from '../tags/user-tag.js';

/** So long may namespaces be, with those around them: storages are cleared by what is readable of a long key. */
const LONGEST = 96;

// eslint-disable-next-line no-control-regex -- control characters are exactly what must be refused
const NAMES = /^[^:\u0000-\u001f\u007f-\u009f]+(?::[^:\u0000-\u001f\u007f-\u009f]+)*$/;

/** All keys that users choose, or those of one namespace. */
export class KeySpace {
  /** What its keys begin with. */
  readonly head: string;

  constructor(
    private readonly prefix: string,
    private readonly names: readonly string[] = [],
  ) {
    this.head = namespaceHead(names);
  }

  /** The tag that empties the namespace; undefined outside of any. */
  get tag(): Tag | undefined {
    return this.names.length === 0 ? undefined : namespaceTag(this.prefix, this.names);
  }

  /** The key under which a user's key is kept. @throws ZooCacheError `INVALID_KEY` */
  readonly key = (key: unknown): CacheKey => namespacedKey(this.names, key);

  /** A namespace in this one. @throws ZooCacheError `INVALID_ARGUMENT` */
  within(name: unknown): KeySpace {
    const names = typeof name === 'string' && NAMES.test(name) ? [...this.names, ...name.split(':')] : undefined;
    if (names !== undefined && names.join(':').length <= LONGEST) return new KeySpace(this.prefix, names);
    throw new ZooCacheError('INVALID_ARGUMENT', {
      what: `A namespace must be a text of 1 to ${LONGEST} characters, with those around it, without control characters`,
      name: shown(name),
      next: "Name it in a word, such as 'users', with ':' only between names: 'users:eu'",
    });
  }
}
