import { createHash } from 'node:crypto';
import type { ServerFile } from './package.ts';

/** What the metadata is made from. */
export interface DistInfoInput {
  readonly version: string;
  readonly requirements: readonly string[];
  readonly modules: readonly ServerFile[];
}

/**
 * The dist-info folder of the server, so that scanners and `importlib.metadata` see it: METADATA (core metadata
 * 2.4), WHEEL, INSTALLER and RECORD (PyPA, "Recording installed projects" and "Binary distribution format").
 */
export function distInfo(input: DistInfoInput): ServerFile[] {
  const folder = `mlcontainer_server-${input.version}.dist-info`;
  const texts = { INSTALLER: 'mlcontainer\n', METADATA: metadata(input), WHEEL: wheel() };
  const files = Object.entries(texts).map(([name, text]) => file(`${folder}/${name}`, text));
  const rows = [...input.modules, ...files].map(recordRow).sort();
  const record = [...rows, `${folder}/RECORD,,`, ''].join('\n');
  return [...files, file(`${folder}/RECORD`, record)];
}

function metadata({ version, requirements }: DistInfoInput): string {
  return [
    'Metadata-Version: 2.4',
    'Name: mlcontainer-server',
    `Version: ${version}`,
    'Summary: The inference server inside mlcontainer images.',
    'License-Expression: Apache-2.0',
    'Requires-Python: >=3.11',
    ...requirements.map((requirement) => `Requires-Dist: ${requirement}`),
    '',
  ].join('\n');
}

function wheel(): string {
  return [
    'Wheel-Version: 1.0',
    'Generator: mlcontainer',
    'Root-Is-Purelib: true',
    'Tag: py3-none-any',
    '',
  ].join('\n');
}

function file(path: string, text: string): ServerFile {
  return { path, bytes: new TextEncoder().encode(text) };
}

function recordRow({ path, bytes }: ServerFile): string {
  const digest = createHash('sha256').update(bytes).digest('base64url');
  return `${path},sha256=${digest},${String(bytes.length)}`;
}
