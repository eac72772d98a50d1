import type { ApplicationCache } from './application-cache.js';
import { CachedMethod } from './cached-method.js';
import type { MethodSite } from './method-site.js';
import { isBehind } from './proxied-instances.js';

/** The application, as far as the classes in it care. */
export interface ClassHost {
  readonly isClosed: boolean;
  /** Whether all providers exist, so that it can be told which of them belong to a request. */
  readonly isStarted: boolean;
  /** Whether some provider of this class is made anew for each request. */
  isRequestBound(type: Function): boolean;
  /** The one instance whose answers are those of the class, `'any'`, or undefined: each answers for itself. */
  whoAnswersFor(type: Function): object | 'any' | undefined;
}

/** What all instances of one class in one application share. */
export class ClassBinding {
  /** By the index of the site; sites are numbered through the whole process, which leaves holes. */
  private readonly methods: CachedMethod[] = [];

  private perRequest: boolean | undefined;
  /** Null: each instance answers for itself. */
  private answering: object | 'any' | null | undefined;

  constructor(
    readonly host: ClassHost,
    readonly cache: ApplicationCache,
    readonly type: Function,
  ) {
    // Of all providers before the first of them is asked: who has namesakes shares nothing with other processes.
    cache.keyNames.of(type);
  }

  belongsTo(host: { readonly itself: object }): boolean {
    return this.host === host.itself;
  }

  /** The method of this class that was decorated at the site; for a method that a subclass overrides there are two. */
  method(site: MethodSite): CachedMethod {
    return this.methods[site.index] ?? (this.methods[site.index] = new CachedMethod(this.cache, this, site));
  }

  /**
   * Whether each request has its own instance, so that what a method answers may depend on the request.
   *
   * Before the application has started nobody can tell, and the answer is yes: instances then share nothing.
   */
  get isRequestBound(): boolean {
    return this.perRequest ?? this.findOut();
  }

  /**
   * Whether an instance answers for its class, so that others may be given its answers: it is the only one that the
   * application keeps, or one of a transient provider, unless that is told the place it is made for.
   *
   * Any other may stand for something of its own: those of each request, those that factories and modules made for
   * several databases or tenants, and what was made of an instance by `Object.create()` or `ModuleRef`.
   */
  answersForAll(instance: object): boolean {
    const answering = this.answering === undefined ? this.findAnswering() : this.answering;
    return answering === instance || answering === 'any' || isBehind(instance, answering);
  }

  /** Instances of this class are made by a factory that is called for each request. */
  markRequestBound(): void {
    this.perRequest = true;
    this.answering = null;
  }

  private findAnswering(): object | 'any' | null | undefined {
    if (!this.host.isStarted) return undefined;
    return (this.answering = (!this.isRequestBound && this.host.whoAnswersFor(this.type)) || null);
  }

  private findOut(): boolean {
    if (!this.host.isStarted) return true;
    return (this.perRequest = this.host.isRequestBound(this.type));
  }
}
