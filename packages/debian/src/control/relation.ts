import { mlcError } from '@mlcontainer/plugin-kit';
import { compareVersions } from './version.ts';

export type Operator = '<<' | '<=' | '=' | '>=' | '>>';

/** One package relation: `libc6:any (>= 2.36)`. */
export interface Relation {
  readonly name: string;
  readonly constraint?: { readonly operator: Operator; readonly version: string };
}

/** Alternatives of one dependency, `a | b`, in the order of preference. */
export type Alternatives = readonly Relation[];

const RELATION =
  /^([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s()]+)\s*\))?\s*(?:\[[^\]]*\])?\s*(?:<[^>]*>\s*)*$/;

/**
 * Parses a relation field (Debian Policy 7.1): groups by comma, alternatives by bar. An architecture qualifier
 * (`:any`) is dropped, as every package here is of one architecture. Throws MLC4023.
 */
export function parseRelations(text: string): Alternatives[] {
  return text
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
    .map((group) => group.split('|').map((one) => parseRelation(one.trim())));
}

function parseRelation(text: string): Relation {
  const match = RELATION.exec(text);
  const [, name, operator, version] = match ?? [];
  if (name === undefined) throw mlcError('MLC4023', { what: 'relation', text });
  if (operator === undefined || version === undefined) return { name };
  return { name, constraint: { operator: normalOperator(operator), version } };
}

/** `<` and `>` are the old, deprecated spellings of `<=` and `>=` (Debian Policy 7.1). */
function normalOperator(operator: string): Operator {
  if (operator === '<') return '<=';
  if (operator === '>') return '>=';
  return operator as Operator;
}

/** Whether a version satisfies a relation's constraint. */
export function satisfies(version: string, relation: Relation): boolean {
  if (relation.constraint === undefined) return true;
  const order = compareVersions(version, relation.constraint.version);
  switch (relation.constraint.operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

/** A relation as Debian writes it. */
export function relationText(relation: Relation): string {
  if (relation.constraint === undefined) return relation.name;
  return `${relation.name} (${relation.constraint.operator} ${relation.constraint.version})`;
}

/** Alternatives as Debian writes them. */
export function alternativesText(alternatives: Alternatives): string {
  return alternatives.map(relationText).join(' | ');
}
