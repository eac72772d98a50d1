import { INQUIRER, type ModulesContainer } from '@nestjs/core';
import { isThenable } from '../support/is-thenable.js';
import { bind, isBindable, type BindingHost } from './binding.js';
import { isToldItsPlace } from './injections.js';

type Module = ModulesContainer extends Map<string, infer M> ? M : never;
type Wrapper = Module['providers'] extends Map<unknown, infer W> ? W : never;

/** As much of TypeORM's DataSource as tells one from everything else, whichever copy of TypeORM it comes from. */
interface DataSourceLike {
  readonly createQueryRunner: Function;
  readonly entityMetadatas: readonly { readonly name: string }[];
  readonly isInitialized: boolean;
}

/** What the application's modules tell about its providers, controllers, guards and the like. */
export class ProviderScopes {
  constructor(private readonly modules: ModulesContainer) {}

  /** Whether some provider of this class is made anew for each request, itself or because of what it depends on. */
  isRequestBound(type: Function): boolean {
    for (const wrapper of this.wrappers()) {
      if (!isFactory(wrapper) && wrapper.metatype === type && !wrapper.isDependencyTreeStatic()) return true;
    }
    return false;
  }

  /**
   * The instance of this class, if the application keeps exactly one. Of a transient provider it is any, as Nest gives the
   * same to all of them, unless it tells each the place it is made for.
   */
  whoAnswersFor(type: Function): object | 'any' | undefined {
    const kept = new Set<object>();
    let isMadeForEachPlace = false;
    for (const { instance, isTransient, inject } of this.wrappers()) {
      if (prototypeOfInstance(instance) !== type.prototype) continue;
      if (!isTransient) kept.add(instance as object);
      else if (isToldItsPlace(type) || inject?.includes(INQUIRER) === true) return undefined;
      else isMadeForEachPlace = true;
    }
    if (isMadeForEachPlace) return kept.size === 0 ? 'any' : undefined;
    return kept.size === 1 ? [...kept][0] : undefined;
  }

  /** Every class or object that may have decorated methods, by its prototype. */
  prototypes(): Set<object> {
    const prototypes = new Set<object>();
    for (const wrapper of this.wrappers()) {
      const prototype: unknown = isFactory(wrapper)
        ? prototypeOfInstance(wrapper.instance)
        : (wrapper.metatype?.prototype ?? prototypeOfInstance(wrapper.instance));
      if (typeof prototype === 'object' && prototype !== null) prototypes.add(prototype);
    }
    return prototypes;
  }

  /** The DataSources that are providers, whichever package registered them. */
  dataSources(): DataSourceLike[] {
    const found = new Set<DataSourceLike>();
    for (const wrapper of this.wrappers()) if (isDataSource(wrapper.instance)) found.add(wrapper.instance);
    return [...found];
  }

  /**
   * Binds what Nest does not inject properties into: what a factory made, or was given as a value.
   *
   * A factory that is called again later, for each request or each place that asks for a transient provider, is replaced
   * by one that binds what it makes.
   */
  bindTheRest(host: BindingHost): void {
    for (const wrapper of this.wrappers()) {
      const instance: unknown = wrapper.instance;
      if (isBindable(instance)) bind(instance, host);
      if (!isFactory(wrapper)) continue;
      const isStatic = wrapper.isDependencyTreeStatic();
      if (isStatic && !wrapper.isTransient) continue;
      for (const made of wrapper.getStaticTransientInstances()) {
        if (isBindable(made?.instance)) bind(made.instance, host);
      }
      bindEach(wrapper, (made) => {
        bind(made, host);
        if (!isStatic) host.bindingOf(made.constructor).markRequestBound();
      });
    }
  }

  private *wrappers(): Generator<Wrapper> {
    for (const module of this.modules.values()) {
      yield* module.providers.values();
      yield* module.controllers.values() as Iterable<Wrapper>;
      yield* module.injectables.values() as Iterable<Wrapper>;
      yield* module.middlewares.values() as Iterable<Wrapper>;
    }
  }
}

function isDataSource(value: unknown): value is DataSourceLike {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { createQueryRunner, entityMetadatas } = value as Partial<DataSourceLike>;
    return typeof createQueryRunner === 'function' && Array.isArray(entityMetadatas);
  } catch {
    // A proxy of what only a request has (nestjs-cls has such) may throw at any question before there is one.
    return false;
  }
}

function isFactory(wrapper: Wrapper): boolean {
  return Array.isArray(wrapper.inject);
}

function bindEach(wrapper: Wrapper, bindMade: (made: object) => void): void {
  const factory = wrapper.metatype as (...parts: unknown[]) => unknown;
  const bindIfBindable = <T>(made: T): T => {
    if (isBindable(made)) bindMade(made);
    return made;
  };
  wrapper.metatype = ((...parts: unknown[]) => {
    const made = factory(...parts);
    return isThenable(made) ? made.then(bindIfBindable) : bindIfBindable(made);
  }) as never;
}

function prototypeOfInstance(instance: unknown): unknown {
  return typeof instance === 'object' && instance !== null ? Object.getPrototypeOf(instance) : undefined;
}
