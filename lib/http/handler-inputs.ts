import 'reflect-metadata';

/** Where Nest keeps what a handler's parameters are decorated with, by class and method. */
const ROUTE_ARGUMENTS = '__routeArguments__';

/** The numbers that Nest gives to its parameter decorators. */
const RESPONSE = 1;
const NEXT = 2;
const QUERY = 4;
const PARAM = 5;
const HEADERS = 6;
const HOST = 10;

/** Where Nest looks up what these decorators ask for. */
const PLACES: Readonly<Record<number, keyof Places>> = { [QUERY]: 'query', [PARAM]: 'params', [HOST]: 'hosts' };

/** Parts of a request that Nest filled from its URL, and that middleware and guards may have changed since. */
export interface Places {
  readonly query?: unknown;
  readonly params?: unknown;
  readonly hosts?: unknown;
}

interface Parameter {
  readonly data?: unknown;
}

/** What a handler takes from its request, as its parameters tell. */
export interface HandlerInputs {
  /** It has the response object or `next`, so what it returns need not be all of its answer. */
  readonly answersByItself: boolean;
  /** It takes more than path, query and single headers: the request, the body, what a decorator of the application finds. */
  readonly takesMore: boolean;
  /** Names of the headers it takes, in lower case. */
  readonly headers: readonly string[];
  /** Where what it takes of path, query and host name is found. */
  readonly places: readonly (keyof Places)[];
}

/** @param type the controller's class */
export function inputsOf(type: Function, method: string | symbol, handler: Function): HandlerInputs {
  const parameters = Reflect.getMetadata(ROUTE_ARGUMENTS, type, method) as
    Readonly<Record<string, Parameter>> | undefined;
  // Parameters that nobody decorated here: the handler was copied from another class, and Nest knows what it takes.
  const takesMore = parameters === undefined && handler.length > 0;
  const places = new Set<keyof Places>();
  const inputs = { answersByItself: false, takesMore, headers: [] as string[] };
  for (const [place, { data }] of Object.entries(parameters ?? {})) {
    const kind = Number(place.split(':', 1)[0]);
    switch (kind) {
      case QUERY:
      case PARAM:
      case HOST:
        places.add(PLACES[kind]);
        break;
      case RESPONSE:
      case NEXT:
        // Also with `passthrough`: on a hit nobody would set the headers, the status and the cookies that the handler sets.
        inputs.answersByItself = true;
        break;
      case HEADERS:
        if (typeof data === 'string') inputs.headers.push(data.toLowerCase());
        else inputs.takesMore = true;
        break;
      default:
        // NaN among them: a decorator made with createParamDecorator has a name of its own.
        inputs.takesMore = true;
    }
  }
  return { ...inputs, places: [...places] };
}

/** The name a method has in its class, which need not be that of the function. */
export function keyOfMethod(type: Function, method: Function): string | symbol {
  for (let above: object | null = type.prototype as object; above !== null; above = Object.getPrototypeOf(above)) {
    for (const key of Reflect.ownKeys(above)) {
      if (Reflect.getOwnPropertyDescriptor(above, key)?.value === method) return key;
    }
  }
  return method.name;
}
