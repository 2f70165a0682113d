import { parseVersion, satisfies } from './version.ts';

/** A PEP 508 requirement, as far as a plugin needs it. */
export interface Requirement {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** Version clauses, `==1.9.1`; empty where any version will do. */
  readonly clauses: readonly string[];
  /** A URL or path instead of a version. */
  readonly url?: string;
  /** As it was written. */
  readonly text: string;
}

const NAME = /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*/;

/** Parses one requirement; undefined for lines of a requirements file that are none. Markers are left out. */
export function parseRequirement(text: string): Requirement | undefined {
  const match = NAME.exec(text);
  if (match === null) return undefined;
  const name = match[1]!.toLowerCase().replace(/[-_.]+/g, '-');
  const rest = text.slice(match[0].length);
  if (rest.startsWith('@'))
    return { name, clauses: [], url: rest.slice(1).trim(), text: text.trim() };
  const versions = rest.split(';', 1)[0]!.split(' #', 1)[0]!.replace(/[()]/g, '');
  const clauses = versions
    .split(',')
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '');
  return { name, clauses, text: text.trim() };
}

/** Whether a version fulfils every clause of a requirement; false for a URL, whose version cannot be known. */
export function allows(requirement: Requirement, version: string): boolean {
  const parsed = parseVersion(version);
  if (requirement.url !== undefined || parsed === undefined) return false;
  return requirement.clauses.every((clause) => satisfies(parsed, clause));
}
