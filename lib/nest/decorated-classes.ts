const decorated = new Set<WeakRef<Function>>();

export function noteDecorated(type: Function): void {
  decorated.add(new WeakRef(type));
}

/** The classes of this process that have decorated methods themselves, whether or not an application provides them. */
export function* decoratedClasses(): Generator<Function> {
  for (const reference of decorated) {
    const type = reference.deref();
    if (type === undefined) decorated.delete(reference);
    else yield type;
  }
}
