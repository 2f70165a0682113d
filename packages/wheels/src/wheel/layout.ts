import type { ZipMember } from '../zip/archive.ts';
import { wheelFault } from './fault.ts';
import type { FileHash } from './record.ts';

/** Where a file is installed: site-packages, the folder of scripts, of headers, or the prefix itself. */
export type Scheme = 'site' | 'scripts' | 'headers' | 'data';

/** One file of a wheel and where it goes. */
export interface WheelFile {
  readonly member: ZipMember;
  readonly scheme: Scheme;
  /** Relative to the scheme's folder. */
  readonly path: string;
  /** What RECORD promises. */
  readonly hash: FileHash;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  purelib: 'site',
  platlib: 'site',
  scripts: 'scripts',
  headers: 'headers',
  data: 'data',
};

/**
 * Says for every file where it goes ("The .data directory" of the binary distribution format). Refused with
 * MLC5031: a `.data` folder of another name or scheme, two files for one place, a file where another needs a folder.
 */
export function planFiles(
  file: string,
  distInfo: string,
  members: readonly ZipMember[],
  hashes: ReadonlyMap<string, FileHash>,
): WheelFile[] {
  const dataFolder = `${distInfo.slice(0, -'.dist-info'.length)}.data`;
  const files: WheelFile[] = [];
  for (const member of members) {
    const [top = ''] = member.name.split('/', 1);
    if (top.endsWith('.data') && top !== dataFolder) {
      throw wheelFault(file, 'data-folder', `${top} is not ${dataFolder}`);
    }
    const hash = hashes.get(member.name);
    if (hash) files.push({ member, hash, ...placeOf(file, dataFolder, member.name) });
  }
  checkConflicts(file, files);
  return files;
}

function placeOf(file: string, dataFolder: string, name: string): { scheme: Scheme; path: string } {
  if (!name.startsWith(`${dataFolder}/`)) return { scheme: 'site', path: name };
  const [key = '', ...rest] = name.slice(dataFolder.length + 1).split('/');
  const scheme = Object.hasOwn(SCHEMES, key) ? SCHEMES[key] : undefined;
  if (!scheme || rest.length === 0) {
    throw wheelFault(file, 'data-folder', `${name} is of no known install scheme`);
  }
  if (scheme === 'scripts' && rest.length > 1) {
    throw wheelFault(file, 'data-folder', `${name} is a script in a folder`);
  }
  return { scheme, path: rest.join('/') };
}

function checkConflicts(file: string, files: readonly WheelFile[]): void {
  const taken = new Set<string>();
  for (const { scheme, path } of files) {
    const key = `${scheme}:${path}`;
    if (taken.has(key))
      throw wheelFault(file, 'conflict', `two files would be installed at ${path}`);
    taken.add(key);
  }
  for (const { scheme, path } of files) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      if (taken.has(`${scheme}:${path.slice(0, at)}`)) {
        throw wheelFault(file, 'conflict', `${path.slice(0, at)} would be a file and a folder`);
      }
    }
  }
}
