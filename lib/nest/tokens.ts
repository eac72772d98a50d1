/** Injects the options as the application gave them; override it to test with others. */
export const ZOO_CACHE_OPTIONS: unique symbol = Symbol.for('nestjs-zoocache:options') as never;

/** Injects the storage that holds the values. */
export const ZOO_CACHE_STORAGE: unique symbol = Symbol.for('nestjs-zoocache:storage') as never;

/** Injects the bus that orders invalidations. */
export const ZOO_CACHE_BUS: unique symbol = Symbol.for('nestjs-zoocache:bus') as never;

/** Injects the clock that lifetimes are measured by, so that a test can move it. */
export const ZOO_CACHE_CLOCK: unique symbol = Symbol.for('nestjs-zoocache:clock') as never;

/** Injects the {@link Settings} made of the options. */
export const ZOO_CACHE_SETTINGS: unique symbol = Symbol.for('nestjs-zoocache:settings') as never;

/** Injects the {@link Runtime} into whatever has decorated methods. */
export const ZOO_CACHE_RUNTIME: unique symbol = Symbol.for('nestjs-zoocache:runtime') as never;
