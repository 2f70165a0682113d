import { createReadStream } from 'node:fs';
import { decompress, MEDIA_TYPES, readTar } from '@mlcontainer/oci';
import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { parse } from 'smol-toml';

/** How a source distribution says that it is built (PEP 517, PEP 518). */
export interface BuildSystem {
  /** PEP 508. */
  readonly requires: readonly string[];
  /** `setuptools.build_meta`, or `module:object`. */
  readonly backend: string;
  /** Folders of the source that go before all others on the import path. */
  readonly path: readonly string[];
}

/** What counts where pyproject.toml says nothing (PEP 517, "Source trees"; PEP 518, "build-system table"). */
const LEGACY: BuildSystem = {
  requires: ['setuptools>=40.8.0', 'wheel'],
  backend: 'setuptools.build_meta:__legacy__',
  path: [],
};
const LIMIT = 1 << 20;

/** Reads `pyproject.toml` out of a source distribution, without running anything of it. Throws MLC5015, MLC60xx. */
export async function readBuildSystem(
  file: string,
  path: string,
  signal: AbortSignal,
): Promise<BuildSystem> {
  const tar = decompress(createReadStream(path) as ByteStream, MEDIA_TYPES.layerGzip);
  for await (const entry of readTar(tar, { name: file, signal, maxBytes: 4 * 2 ** 30 })) {
    if (!/^[^/]+\/pyproject\.toml$/.test(entry.path) || entry.type !== 'file') continue;
    if (entry.size > LIMIT)
      throw mlcError('MLC5015', { file, detail: 'pyproject.toml is too large' });
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(Uint8Array.from(chunk));
    return parseBuildSystem(file, Buffer.concat(chunks).toString('utf8'));
  }
  return LEGACY;
}

/** The table `build-system` of a pyproject.toml. Throws MLC5015. */
export function parseBuildSystem(file: string, text: string): BuildSystem {
  const fail = (detail: string, cause?: unknown): never => {
    throw mlcError('MLC5015', { file, detail }, { cause });
  };
  let project: Record<string, unknown>;
  try {
    project = parse(text);
  } catch (error) {
    return fail('pyproject.toml is not TOML', error);
  }
  const table = project['build-system'] as Record<string, unknown> | undefined;
  if (table === undefined) return LEGACY;
  const { requires, 'build-backend': backend = LEGACY.backend, 'backend-path': path = [] } = table;
  if (!isTexts(requires)) return fail('build-system.requires is no list of texts');
  if (typeof backend !== 'string') return fail('build-system.build-backend is no text');
  if (!isTexts(path)) return fail('build-system.backend-path is no list of texts');
  // Its hook asks for wheel until 70.1, and asking the hook would be running it.
  const more = backend.startsWith('setuptools') ? ['wheel'] : [];
  return { requires: [...new Set([...requires, ...more])], backend, path };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
