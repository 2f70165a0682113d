import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { parse } from 'smol-toml';
import { normalizeName } from '../names/normalize.ts';
import { parseWheelFileName, type WheelFileName } from '../names/wheel-file.ts';

/** A wheel that uv lists for a package. */
export interface PylockWheel {
  readonly parsed: WheelFileName;
  /** `https:`, `http:` or `file:`. */
  readonly url: string;
  readonly sha256?: string;
  /** Bytes. */
  readonly size?: number;
}

/** One package of a resolution. */
export interface PylockPackage {
  /** Normalised. */
  readonly name: string;
  readonly version: string;
  readonly wheels: readonly PylockWheel[];
}

interface RawWheel {
  readonly name?: unknown;
  readonly url?: unknown;
  readonly path?: unknown;
  readonly size?: unknown;
  readonly hashes?: Readonly<Record<string, unknown>>;
}

interface RawPackage {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly wheels?: unknown;
  readonly sdist?: unknown;
  readonly vcs?: unknown;
  readonly directory?: unknown;
  readonly archive?: unknown;
}

/**
 * Reads what `uv pip compile --format pylock.toml` writes (PEP 751). A package from a direct URL, a repository or a
 * folder throws MLC5013, since a lock could not name it; one without any wheel throws MLC5011; another form MLC5012.
 */
export function parsePylock(text: string, cwd: string): PylockPackage[] {
  let lock: { 'lock-version'?: unknown; packages?: unknown };
  try {
    lock = parse(text);
  } catch (error) {
    throw mlcError('MLC5012', { detail: 'its lock is not TOML' }, { cause: error });
  }
  const version = lock['lock-version'];
  if (typeof version !== 'string' || !version.startsWith('1.')) {
    throw mlcError('MLC5012', { detail: `its lock is of version ${String(version)}` });
  }
  return ((lock.packages ?? []) as RawPackage[]).map((item) => readPackage(item, cwd));
}

function readPackage(item: RawPackage, cwd: string): PylockPackage {
  const name = normalizeName(String(item.name));
  if (item.vcs !== undefined || item.directory !== undefined || item.archive !== undefined) {
    throw mlcError('MLC5013', {
      requirement: name,
      detail: 'it is required by an address, not by a version',
    });
  }
  const wheels = (Array.isArray(item.wheels) ? (item.wheels as RawWheel[]) : []).flatMap((wheel) =>
    readWheel(wheel, cwd),
  );
  if (wheels.length === 0 || typeof item.version !== 'string') {
    throw mlcError('MLC5011', {
      packages: [name],
      explanation: `${name} ${String(item.version)} has no wheel.`,
    });
  }
  return { name, version: item.version, wheels };
}

function readWheel(wheel: RawWheel, cwd: string): PylockWheel[] {
  const url =
    typeof wheel.url === 'string'
      ? plainUrl(wheel.url)
      : pathToFileURL(resolve(cwd, String(wheel.path))).href;
  const file =
    typeof wheel.name === 'string'
      ? wheel.name
      : decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
  const parsed = parseWheelFileName(file);
  if (!parsed) return [];
  const sha256 = wheel.hashes?.['sha256'];
  return [
    {
      parsed,
      url,
      ...(typeof sha256 === 'string' ? { sha256: sha256.toLowerCase() } : {}),
      ...(typeof wheel.size === 'number' ? { size: wheel.size } : {}),
    },
  ];
}

/** Without credentials and fragment. */
function plainUrl(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

/** The local path of a `file:` URL; undefined for any other. */
export function localFile(url: string): string | undefined {
  return url.startsWith('file:') ? fileURLToPath(url) : undefined;
}
