import { readFile } from 'node:fs/promises';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { Tarball } from './pack.ts';
import { capture } from './process.ts';
import type { Manifest } from './workspace.ts';

/** What publint finds wrong in a tarball: exports, files, module formats. */
export async function publintFindings(tarball: Tarball): Promise<string[]> {
  const bytes = await readFile(tarball.path);
  const copy = new Uint8Array(bytes).buffer;
  const { messages, pkg } = await publint({
    pack: { tarball: copy },
    strict: true,
    level: 'warning',
  });
  return messages.map(
    (message) => formatMessage(message, pkg as Manifest & Record<string, unknown>) ?? message.code,
  );
}

/** What Are The Types Wrong finds in a tarball, resolved as an ES module; empty when nothing. */
export async function typeFindings(tarball: Tarball): Promise<string> {
  const args = [
    '--profile',
    'esm-only',
    '--format',
    'ascii',
    '--no-emoji',
    '--no-color',
    tarball.path,
  ];
  const result = await capture('attw', args);
  return result.code === 0 ? '' : `${result.stdout}${result.stderr}`;
}
