import { isRecord, isText } from './contribution.ts';

/** Everything in which what `detect` returned breaks the contract. */
export function detectionProblems(value: unknown): readonly string[] {
  if (value === null) return [];
  if (!isRecord(value)) return ['it is neither null nor a detection'];
  const { confidence, evidence } = value;
  const problems: string[] = [];
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) {
    problems.push(`confidence is not from 0 to 1: ${String(confidence)}`);
  }
  if (!Array.isArray(evidence) || evidence.length === 0 || !evidence.every(isText)) {
    problems.push('evidence does not say what the claim rests on');
  }
  return problems;
}

/** Whether a plugin claims the model. */
export function isClaim(value: unknown): boolean {
  return isRecord(value) && typeof value.confidence === 'number' && value.confidence > 0;
}
