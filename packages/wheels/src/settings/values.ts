import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { Setting } from './setting.ts';

interface Sourced {
  readonly value: unknown;
  readonly source: string;
}

/** The words of a multi-valued option, which pip separates by white space. */
export function words(option: Sourced | undefined): Setting<string>[] {
  if (typeof option?.value !== 'string') return [];
  return option.value
    .split(/\s+/)
    .filter((value) => value !== '')
    .map((value) => ({ value, source: option.source }));
}

/** The words of an option that names files or URLs: paths made absolute. */
export function addresses(option: Sourced | undefined, cwd: string): Setting<string>[] {
  return words(option).map(({ value, source }) => ({ value: localOrUrl(value, cwd), source }));
}

/** A URL as it is, a `file:` URL or path as an absolute path. */
export function localOrUrl(value: string, cwd: string): string {
  if (value.startsWith('file:')) {
    try {
      return fileURLToPath(value);
    } catch {
      return value;
    }
  }
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(value) ? value : localPath(value, cwd);
}

/** An absolute path; `~` is the home folder. */
export function localPath(value: string, cwd: string): string {
  return value === '~' || value.startsWith('~/')
    ? join(homedir(), value.slice(1))
    : resolve(cwd, value);
}

/** pip's reading of a boolean; undefined when it is none. */
export function flag(value: string): boolean | undefined {
  const text = value.toLowerCase();
  if (['y', 'yes', 't', 'true', 'on', '1'].includes(text)) return true;
  return ['n', 'no', 'f', 'false', 'off', '0'].includes(text) ? false : undefined;
}

/** The option as a boolean. Throws MLC5003 when it is none. */
export function boolean(option: { readonly value: string; readonly source: string }): boolean {
  const value = flag(option.value);
  if (value === undefined) {
    throw mlcError('MLC5003', {
      source: option.source,
      detail: `${option.value} is neither true nor false`,
    });
  }
  return value;
}

/** The option as one of a few words. Throws MLC5003 when it is none of them. */
export function oneOf<T extends string>(allowed: readonly T[], option: Sourced): T {
  const found = allowed.find((word) => word === option.value);
  if (found === undefined) {
    throw mlcError('MLC5003', {
      source: option.source,
      detail: `${JSON.stringify(option.value)} is none of ${allowed.join(', ')}`,
    });
  }
  return found;
}
