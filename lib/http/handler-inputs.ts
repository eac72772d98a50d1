import 'reflect-metadata';

/** Where Nest keeps what a handler's parameters are decorated with, by class and method. */
const ROUTE_ARGUMENTS = '__routeArguments__';

/** Where it keeps that a handler which takes the response leaves the answering to Nest. */
const PASSTHROUGH = '__responsePassthrough__';

/** The numbers that Nest gives to its parameter decorators. */
const RESPONSE = 1;
const NEXT = 2;
const QUERY = 4;
const PARAM = 5;
const HEADERS = 6;
const HOST = 10;

interface Parameter {
  readonly data?: unknown;
}

/** What a handler takes from its request, as its parameters tell. */
export interface HandlerInputs {
  /** It answers by itself, through the response object or `next`, so what it returns is not its answer. */
  readonly answersByItself: boolean;
  /** It takes more than path, query and single headers: the request, the body, what a decorator of the application finds. */
  readonly takesMore: boolean;
  /** Names of the headers it takes, in lower case. */
  readonly headers: readonly string[];
}

/** @param type the controller's class */
export function inputsOf(type: Function, method: string | symbol, handler: Function): HandlerInputs {
  const parameters = Reflect.getMetadata(ROUTE_ARGUMENTS, type, method) as
    Readonly<Record<string, Parameter>> | undefined;
  // Parameters that nobody decorated here: the handler was copied from another class, and Nest knows what it takes.
  const takesMore = parameters === undefined && handler.length > 0;
  const inputs = { answersByItself: false, takesMore, headers: [] as string[] };
  for (const [place, { data }] of Object.entries(parameters ?? {})) {
    switch (Number(place.split(':', 1)[0])) {
      case QUERY:
      case PARAM:
      case HOST:
        break;
      case RESPONSE:
      case NEXT:
        inputs.answersByItself = Reflect.getMetadata(PASSTHROUGH, type, method) !== true;
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
  return inputs;
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
