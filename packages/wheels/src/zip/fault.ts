import { mlcError, type MlcError } from '@mlcontainer/plugin-kit';

/**
 * The rules of the reader, by name, so that a test and a person can tell which one refused. APPNOTE.TXT
 * section numbers in the comments of the modules that apply them.
 */
export type ZipRule =
  | 'not-zip'
  | 'trailing-data'
  | 'prefix-data'
  | 'gap'
  | 'multi-disk'
  | 'zip64'
  | 'central-directory'
  | 'local-header'
  | 'local-differs'
  | 'data-descriptor'
  | 'extra-field'
  | 'encrypted'
  | 'flags'
  | 'method'
  | 'version'
  | 'name'
  | 'duplicate'
  | 'file-type'
  | 'ratio'
  | 'limits'
  | 'tar-polyglot'
  | 'deflate'
  | 'size'
  | 'crc';

/** An MLC5030 error for one rule. */
export function zipFault(file: string, rule: ZipRule, detail: string, cause?: unknown): MlcError {
  return mlcError('MLC5030', { file, rule, detail }, cause === undefined ? undefined : { cause });
}
