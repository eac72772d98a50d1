/** The connection a URL variable names, in the words that TypeORM, pg and mysql2 share up to spelling. */
export function fromDatabaseUrl(url, defaults) {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: decodeURIComponent(hostname),
    port: Number(port || defaults.port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)) || defaults.database,
  };
}
