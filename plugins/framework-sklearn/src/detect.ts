import type { DetectContext, Detection, ModelFacts } from '@mlcontainer/plugin-kit';

/** The version of scikit-learn that wrote the model. */
export function stampOf(facts: ModelFacts): string | undefined {
  return facts.packages.find((fact) => fact.name === 'scikit-learn')?.version;
}

/** Claims pickles and joblib files whose root is an estimator of scikit-learn, or, more weakly, that hold one. */
export function detect({ facts }: DetectContext): Detection | null {
  if (facts.format !== 'pickle' && facts.format !== 'joblib') return null;
  const root = facts.estimator?.className;
  const version = stampOf(facts);
  const evidence = version === undefined ? [] : [`written by scikit-learn ${version}`];
  if (root?.startsWith('sklearn.') === true)
    return { confidence: 0.9, evidence: [`the root is ${root}`, ...evidence] };
  if (!facts.globals.some((name) => name.startsWith('sklearn.'))) return null;
  return {
    confidence: root === undefined ? 0.2 : 0.5,
    evidence: [`the model holds parts of scikit-learn`, ...evidence],
  };
}
