import { inspect } from 'node:util';

/** A value that no log, JSON or inspection shows; only `reveal` gives it. */
export interface Secret<T = string> {
  reveal(): T;
}

/** Hides a value. */
export function secret<T = string>(value: T): Secret<T> {
  const hidden = () => '***';
  const holder = {};
  Object.defineProperties(holder, {
    reveal: { value: () => value, enumerable: false },
    toString: { value: hidden, enumerable: false },
    toJSON: { value: hidden, enumerable: false },
    [inspect.custom]: { value: hidden, enumerable: false },
  });
  return Object.freeze(holder) as Secret<T>;
}

/** An address without what must not be shown, and the whole of it for the one who asks there. */
export interface Place {
  /** Without user, password and token; a local path is absolute. */
  readonly url: string;
  /** The address as configured, where that holds more. */
  readonly full?: Secret;
}

/** Splits an address into what may be shown and what may not. */
export function place(address: string): Place {
  if (!URL.canParse(address)) return { url: address };
  const url = new URL(address);
  if (url.username === '' && url.password === '') return { url: address };
  url.username = '';
  url.password = '';
  return { url: url.href, full: secret(address) };
}

/** The address to ask at. */
export function addressOf(where: Place): string {
  return where.full?.reveal() ?? where.url;
}

/** Takes user names and passwords out of URLs in a text that a program wrote. */
export function redact(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]*@/gi, '$1');
}
