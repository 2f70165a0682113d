import { mlcError } from '@mlcontainer/plugin-kit';
import type { EntryPoint } from '../wheel/entry-points.ts';
import type { ZipArchive, ZipMember } from '../zip/archive.ts';

const PYTHON_SHEBANG = '#!python';
/** Linux reads no more than this of a shebang line (execve(2); 127 before 5.1). */
const SHEBANG_LIMIT = 127;

/** Checks that the interpreter's path can stand in a shebang line. Throws MLC5035. */
export function checkExecutable(executable: string): void {
  const detail = !executable.startsWith('/')
    ? 'it is not absolute'
    : /[\s\0]/.test(executable)
      ? 'it holds white space'
      : executable.length + 2 > SHEBANG_LIMIT
        ? 'it is too long for a shebang line'
        : undefined;
  if (detail)
    throw mlcError('MLC5035', { option: `executable ${JSON.stringify(executable)}`, detail });
}

/** The script that calls an entry point: the text that pip writes, so that tools which recognise it still do. */
export function entryPointScript(point: EntryPoint, executable: string): string {
  const [imported = ''] = point.attribute.split('.', 1);
  return [
    `#!${executable}`,
    '# -*- coding: utf-8 -*-',
    'import re',
    'import sys',
    `from ${point.module} import ${imported}`,
    "if __name__ == '__main__':",
    "    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])",
    `    sys.exit(${point.attribute}())`,
    '',
  ].join('\n');
}

/** Whether a file of `.data/scripts` begins with `#!python` and is to be pointed at the image's interpreter. */
export function hasPythonShebang(zip: ZipArchive, member: ZipMember): boolean {
  return Buffer.from(zip.head(member, PYTHON_SHEBANG.length)).toString('latin1') === PYTHON_SHEBANG;
}

/**
 * Replaces the first line by the image's interpreter ("Recommended installer features" of the binary distribution
 * format); `#!pythonw` becomes the same, Linux has one interpreter.
 */
export function rewriteShebang(bytes: Uint8Array, executable: string): Uint8Array {
  const end = bytes.indexOf(0x0a);
  const rest = end < 0 ? new Uint8Array() : bytes.subarray(end + 1);
  return Buffer.concat([Buffer.from(`#!${executable}\n`), rest]);
}
