import type { PackagesIndex } from '../archive/packages-index.ts';
import type { Paragraph } from '../control/deb822.ts';
import {
  parseRelations,
  satisfies,
  type Alternatives,
  type Relation,
} from '../control/relation.ts';
import { compareVersions } from '../control/version.ts';
import type { ArchiveName } from '../mirrors/settings.ts';

/** One version of one package in one archive. */
export interface Candidate {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly archive: ArchiveName;
  /** Pre-Depends before Depends. */
  readonly needs: readonly Alternatives[];
  /** Conflicts and Breaks. */
  readonly against: readonly Relation[];
  readonly provides: readonly Relation[];
  readonly fields: Paragraph;
}

/** Everything that can be chosen from. */
export interface Pool {
  /** Versions of a real package, the newest first. */
  candidates(name: string): readonly Candidate[];
  /** Packages that provide a name in the version that the relation asks for, in a fixed order. */
  providers(relation: Relation): readonly Candidate[];
  names(): Iterable<string>;
}

/** A pool over several indexes; among equal versions the earlier index wins. */
export function createPool(indexes: readonly PackagesIndex[]): Pool {
  const known = new Map<string, readonly Candidate[]>();
  const candidates = (name: string): readonly Candidate[] => {
    const found = known.get(name) ?? collect(indexes, (index) => index.find(name));
    known.set(name, found);
    return found;
  };
  return {
    candidates,
    providers: (relation) =>
      collect(indexes, (index) => index.providersOf(relation.name))
        .filter((candidate) => provides(candidate, relation))
        .filter((candidate) => candidate.version === candidates(candidate.name)[0]?.version)
        .toSorted(byPreference),
    *names() {
      for (const index of indexes) yield* index.names();
    },
  };
}

function collect(
  indexes: readonly PackagesIndex[],
  find: (index: PackagesIndex) => readonly Paragraph[],
): Candidate[] {
  return indexes
    .flatMap((index) => find(index).map((fields) => candidateOf(fields, index.archive)))
    .toSorted((a, b) => compareVersions(b.version, a.version));
}

function candidateOf(fields: Paragraph, archive: ArchiveName): Candidate {
  const relations = (field: string) => parseRelations(fields.get(field) ?? '');
  return {
    name: fields.get('package') ?? '',
    version: fields.get('version') ?? '',
    architecture: fields.get('architecture') ?? '',
    archive,
    needs: [...relations('pre-depends'), ...relations('depends')],
    against: [...relations('conflicts'), ...relations('breaks')].flat(),
    provides: relations('provides').flat(),
    fields,
  };
}

/**
 * Whether a package stands in for a relation by `Provides`: a versioned relation is met by a versioned
 * `Provides` alone (Debian Policy 7.5).
 */
export function provides(candidate: Candidate, relation: Relation): boolean {
  return candidate.provides.some((provided) => {
    if (provided.name !== relation.name) return false;
    if (relation.constraint === undefined) return true;
    return provided.constraint !== undefined && satisfies(provided.constraint.version, relation);
  });
}

/** Whether a package meets a relation, by its own name or by what it provides. */
export function meets(candidate: Candidate, relation: Relation): boolean {
  const own = candidate.name === relation.name && satisfies(candidate.version, relation);
  return own || provides(candidate, relation);
}

const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'];

/** The more important package first, then by name: the choice must not depend on the order of an index. */
function byPreference(a: Candidate, b: Candidate): number {
  const rank = (one: Candidate) => PRIORITIES.indexOf(one.fields.get('priority') ?? 'extra');
  return rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
