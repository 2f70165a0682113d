import { isMlcError, mlcError } from '@mlcontainer/plugin-kit';
import {
  alternativesText,
  relationText,
  type Alternatives,
  type Relation,
} from '../control/relation.ts';
import type { DebGroup } from '../lock.ts';
import { meets, type Candidate, type Pool } from './pool.ts';

/** Packages asked for by name, and the layer that they and what they need belong to. */
export interface Root {
  readonly name: string;
  readonly group: DebGroup;
  /** Who asks: `@base`, `@python`, `@config`. */
  readonly origin: string;
}

/** A package that was chosen. */
export interface Choice {
  readonly candidate: Candidate;
  readonly group: DebGroup;
  readonly requiredBy: Set<string>;
}

export interface Solution {
  readonly chosen: ReadonlyMap<string, Choice>;
  /** Name → who needs it and why it is not laid. */
  readonly omitted: ReadonlyMap<
    string,
    { readonly reason: string; readonly requiredBy: Set<string> }
  >;
}

/** Why a package does not lay one of its dependencies; undefined when it does. */
export type Omission = (dependent: string, dependency: string) => string | undefined;

interface Run {
  readonly pool: Pool;
  readonly where: { readonly suite: string; readonly architecture: string };
  readonly omission: Omission;
  readonly chosen: Map<string, Choice>;
  readonly omitted: Map<string, { readonly reason: string; readonly requiredBy: Set<string> }>;
  /** Names in the order of choice, to go back when an alternative leads nowhere. */
  readonly journal: string[];
}

/**
 * Chooses packages for the roots, in their order: the newest version that satisfies, for `a | b` the first that can
 * be laid, a real package before one that provides its name. Depends and Pre-Depends are followed, Recommends are
 * not. Source: Debian Policy 7.2, 7.5. Throws MLC4020 to MLC4022.
 */
export function solve(
  pool: Pool,
  roots: readonly Root[],
  where: Run['where'],
  omission: Omission,
): Solution {
  const run: Run = { pool, where, omission, chosen: new Map(), omitted: new Map(), journal: [] };
  for (const root of roots) addRoot(run, root);
  checkConflicts([...run.chosen.values()].map((choice) => choice.candidate));
  const { chosen, omitted } = run;
  return { chosen, omitted };
}

function addRoot(run: Run, root: Root): void {
  const known = run.chosen.get(root.name);
  if (known !== undefined) {
    known.requiredBy.add(root.origin);
    return;
  }
  const [newest] = run.pool.candidates(root.name);
  if (newest === undefined) {
    const near = nearNames(run.pool.names(), root.name);
    throw mlcError('MLC4020', { name: root.name, ...run.where, near });
  }
  choose(run, newest, root.group, root.origin, []);
}

function choose(
  run: Run,
  candidate: Candidate,
  group: DebGroup,
  by: string,
  chain: readonly string[],
): void {
  run.chosen.set(candidate.name, { candidate, group, requiredBy: new Set([by]) });
  run.journal.push(candidate.name);
  for (const alternatives of candidate.needs) {
    satisfy(run, candidate, alternatives, group, [...chain, candidate.name]);
  }
}

function satisfy(
  run: Run,
  dependent: Candidate,
  alternatives: Alternatives,
  group: DebGroup,
  chain: readonly string[],
): void {
  if (isMet(run, dependent, alternatives)) return;
  let failure: Error | undefined;
  for (const relation of alternatives) {
    if (isOmitted(run, dependent, relation)) return;
    for (const option of optionsFor(run, relation)) {
      const mark = run.journal.length;
      try {
        return choose(run, option, group, dependent.name, chain);
      } catch (error) {
        if (!isMlcError(error) || error.code !== 'MLC4021') throw error;
        failure ??= error;
        goBack(run, mark);
      }
    }
  }
  throw failure ?? unmet(run, alternatives, chain);
}

function isMet(run: Run, dependent: Candidate, alternatives: Alternatives): boolean {
  for (const relation of alternatives) {
    for (const choice of run.chosen.values()) {
      if (!meets(choice.candidate, relation)) continue;
      if (choice.candidate.name !== dependent.name) choice.requiredBy.add(dependent.name);
      return true;
    }
  }
  return false;
}

function isOmitted(run: Run, dependent: Candidate, relation: Relation): boolean {
  const reason = run.omission(dependent.name, relation.name);
  if (reason === undefined) return false;
  const known = run.omitted.get(relation.name) ?? { reason, requiredBy: new Set<string>() };
  known.requiredBy.add(dependent.name);
  run.omitted.set(relation.name, known);
  return true;
}

/** What could meet a relation; a package whose name is chosen already in another version cannot. */
function optionsFor(run: Run, relation: Relation): Candidate[] {
  const real = run.pool.candidates(relation.name).filter((candidate) => meets(candidate, relation));
  return [...real, ...run.pool.providers(relation)].filter(
    (candidate) => !run.chosen.has(candidate.name),
  );
}

function goBack(run: Run, mark: number): void {
  const dropped = new Set(run.journal.splice(mark));
  for (const name of dropped) run.chosen.delete(name);
  for (const { requiredBy } of [...run.chosen.values(), ...run.omitted.values()]) {
    for (const name of dropped) requiredBy.delete(name);
  }
  for (const [name, { requiredBy }] of run.omitted)
    if (requiredBy.size === 0) run.omitted.delete(name);
}

function unmet(run: Run, alternatives: Alternatives, chain: readonly string[]): Error {
  const versions = alternatives.flatMap((relation) =>
    run.pool.candidates(relation.name).map((candidate) => `${candidate.name} ${candidate.version}`),
  );
  const detail =
    versions.length > 0
      ? `there is only ${versions.join(', ')}`
      : 'no package has or provides that name';
  return mlcError('MLC4021', { relation: alternativesText(alternatives), chain, detail });
}

/** Every pair; the packages of an image are few. */
function checkConflicts(candidates: readonly Candidate[]): void {
  for (const left of candidates) {
    for (const relation of left.against) {
      // A package may conflict with a name that it provides itself: it means all others that do.
      const right = candidates.find((other) => other.name !== left.name && meets(other, relation));
      if (right === undefined) continue;
      throw mlcError('MLC4022', {
        left: left.name,
        right: right.name,
        relation: relationText(relation),
      });
    }
  }
}

function nearNames(names: Iterable<string>, name: string): string[] {
  const near = new Set<string>();
  for (const other of names) {
    if (isNear(other, name)) near.add(other);
    if (near.size >= 5) break;
  }
  return [...near];
}

/** One letter too many, too few, or another; or the same name with another version at its end. */
function isNear(a: string, b: string): boolean {
  if (a.replace(/[-.\d]+(t64)?$/, '') === b.replace(/[-.\d]+(t64)?$/, '')) return true;
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return Math.max(a.length, b.length) - start - end <= 1;
}
