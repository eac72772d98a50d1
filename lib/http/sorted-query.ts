/**
 * The query of a URL with its parameters in one order, whatever order they came in; empty without any.
 *
 * Parameters stay as they were written, and those of one name keep their order, because lists are made of them: `a=1&a=2`
 * and `a=2&a=1` are different questions. So are `a[]=1&a=2` and its reverse to some parsers, hence `a[...]` and `a.b` count
 * as `a` here.
 */
export function sortedQuery(query: string): string {
  if (query === '') return '';
  const parameters = query.split('&').filter((parameter) => parameter !== '');
  if (parameters.length < 2) return parameters.join('');
  const named = parameters.map((parameter) => ({ parameter, name: nameOf(parameter) }));
  return named
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ parameter }) => parameter)
    .join('&');
}

function nameOf(parameter: string): string {
  const name = decoded(parameter.split('=', 1)[0].replaceAll('+', ' '));
  return name.split(/[[.]/, 1)[0];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
