import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';

/** The rules of the binary distribution format that the reader checks, by name. */
export type WheelRule =
  'dist-info' | 'wheel-file' | 'wheel-version' | 'metadata' | 'data-folder' | 'layout' | 'conflict';

/** An MLC5031 error for one rule. */
export function wheelFault(file: string, rule: WheelRule, detail: string): MlcError {
  return mlcError('MLC5031', { file, rule, detail });
}

/** The ways in which RECORD and archive disagree. */
export type RecordRule =
  | 'missing'
  | 'form'
  | 'path'
  | 'duplicate'
  | 'unlisted'
  | 'absent'
  | 'no-hash'
  | 'weak-hash'
  | 'size'
  | 'hash';

/** An MLC5032 error for one rule. */
export function recordFault(
  file: string,
  path: string,
  rule: RecordRule,
  detail: string,
): MlcError {
  return mlcError('MLC5032', { file, path, rule, detail });
}
