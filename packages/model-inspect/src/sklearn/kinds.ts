import type { EstimatorFact } from '@mlcontainer/plugin-kit';
import { KINDS } from './kinds.data.ts';

/** What an estimator class is for; undefined where the class is not scikit-learn's. */
export function kindOf(className: string): EstimatorFact['kind'] {
  return Object.hasOwn(KINDS, className) ? (KINDS[className] as EstimatorFact['kind']) : undefined;
}
