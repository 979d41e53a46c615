/** A value that is there, or will be. Where most are there at once, as in what is read ahead, waiting for each of them costs more than making it. */
export type Soon<T> = T | Promise<T>;

/** What `map` makes of a value, at once if the value is there. */
export function mapSoon<T, R>(value: Soon<T>, map: (value: T) => R): Soon<R> {
  return value instanceof Promise ? value.then(map) : map(value);
}

/** What `act` yields, or what `failed` makes of its failure, be it now or later. */
export function recoverSoon<T>(act: () => Soon<T>, failed: (error: unknown) => T): Soon<T> {
  try {
    const value = act();
    return value instanceof Promise ? value.catch(failed) : value;
  } catch (error) {
    return failed(error);
  }
}
