import { normalizeName, normalizeVersion } from './normalize.ts';

/** The parts of a wheel's file name (binary distribution format, File name convention). */
export interface WheelFileName {
  readonly file: string;
  /** Normalised (PEP 503). */
  readonly name: string;
  /** As written. */
  readonly version: string;
  /** Build tag as it is compared: number, then the rest; `[]` where there is none. */
  readonly build: readonly [] | readonly [number, string];
  /** Every `python-abi-platform` that the compressed tag sets stand for (PEP 425), in the file's order. */
  readonly tags: readonly string[];
}

const PART = /^[A-Za-z0-9_.]+$/;
const VERSION_PART = /^[A-Za-z0-9_.!+]+$/;

/** Parses a wheel's file name; undefined when it is none. */
export function parseWheelFileName(file: string): WheelFileName | undefined {
  if (!file.endsWith('.whl')) return undefined;
  const parts = file.slice(0, -4).split('-');
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [name = '', version = ''] = parts;
  const [python = '', abi = '', platform = ''] = parts.slice(-3);
  if (!PART.test(name) || !VERSION_PART.test(version)) return undefined;
  if (![python, abi, platform].every((part) => PART.test(part))) return undefined;
  const build = readBuild(parts);
  if (build === undefined) return undefined;
  return {
    file,
    name: normalizeName(name),
    version,
    build,
    tags: expandTags(python, abi, platform),
  };
}

function readBuild(parts: readonly string[]): WheelFileName['build'] | undefined {
  if (parts.length === 5) return [];
  const match = /^(\d+)([A-Za-z0-9_.]*)$/.exec(parts[2] ?? '');
  return match ? [Number(match[1]), match[2] ?? ''] : undefined;
}

/** Expands compressed tag sets (PEP 425, Compressed Tag Sets). */
export function expandTags(python: string, abi: string, platform: string): string[] {
  return python
    .split('.')
    .flatMap((p) =>
      abi.split('.').flatMap((a) => platform.split('.').map((f) => `${p}-${a}-${f}`.toLowerCase())),
    );
}

/** Whether a file name is of this project and version, both compared in normal form. */
export function isWheelOf(parsed: WheelFileName, name: string, version: string): boolean {
  return (
    parsed.name === normalizeName(name) &&
    normalizeVersion(parsed.version) === normalizeVersion(version)
  );
}
