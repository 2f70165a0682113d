import { basename } from 'node:path';
import { mlcError } from '@mlcontainer/plugin-kit';
import { normalizeName, normalizeVersion } from '../names/normalize.ts';
import { expandTags } from '../names/wheel-file.ts';
import { openZip, type ZipArchive, type ZipMember } from '../zip/archive.ts';
import { type EntryPoint, parseEntryPoints } from './entry-points.ts';
import { wheelFault } from './fault.ts';
import { planFiles, type WheelFile } from './layout.ts';
import { parseHeaders, parseMetadata, type WheelMetadata } from './metadata.ts';
import { readRecord } from './record.ts';
import { recordFault } from './fault.ts';

/** What the lock says a wheel is; the file must agree. */
export interface ExpectedWheel {
  readonly name: string;
  readonly version: string;
  /** File name, for messages and tags. */
  readonly file: string;
}

/** A wheel opened for random access, after every check but that of its content. */
export interface Wheel extends AsyncDisposable {
  /** File name, for messages. */
  readonly file: string;
  readonly path: string;
  /** Normalised (PEP 503). */
  readonly name: string;
  /** As METADATA writes it. */
  readonly version: string;
  readonly metadata: WheelMetadata;
  /** Tags of the WHEEL file, expanded. */
  readonly tags: readonly string[];
  readonly rootIsPurelib: boolean;
  /** `numpy-2.4.6.dist-info` */
  readonly distInfo: string;
  /** Every file with the place it is installed at, RECORD and its signatures left out, in archive order. */
  readonly files: readonly WheelFile[];
  readonly entryPoints: readonly EntryPoint[];
  /** `.pth` files at the root of site-packages: each is code that runs whenever Python starts. */
  readonly pth: readonly string[];
  readonly zip: ZipArchive;
  close(): void;
}

/**
 * Opens a wheel strictly (binary distribution format; zip as `openZip`): one dist-info folder that fits name and
 * version, WHEEL of major version 1, RECORD true both ways, known `.data` schemes, no path that leaves its folder,
 * nothing installed over another file. Throws MLC5030 (zip), MLC5031 (format), MLC5032 (RECORD), MLC5033 (another
 * wheel than expected), MLC5034 (entry points). Hashes of content are checked when it is read; see `verifyWheel`.
 */
export async function openWheel(path: string, expected?: ExpectedWheel): Promise<Wheel> {
  const file = expected?.file ?? basename(path);
  const zip = openZip(path, file);
  try {
    return await Promise.resolve(readWheel(path, file, zip, expected));
  } catch (error) {
    zip.close();
    throw error;
  }
}

function readWheel(path: string, file: string, zip: ZipArchive, expected?: ExpectedWheel): Wheel {
  const members = new Map(zip.members.map((member) => [member.name, member]));
  const distInfo = findDistInfo(file, zip.members);
  const text = (name: string) => readText(file, zip, members.get(`${distInfo}/${name}`));
  const metadata = readMetadata(file, distInfo, text('METADATA'));
  if (expected) checkExpected(file, metadata, expected);
  const { tags, rootIsPurelib } = readWheelFile(file, text('WHEEL'));
  const record = text('RECORD');
  if (record === undefined)
    throw recordFault(file, `${distInfo}/RECORD`, 'missing', 'the wheel has no RECORD');
  const hashes = readRecord(file, `${distInfo}/RECORD`, record, zip.members);
  const files = planFiles(file, distInfo, zip.members, hashes);
  const close = () => zip.close();
  return {
    file,
    path,
    name: normalizeName(metadata.name),
    version: metadata.version,
    metadata,
    tags,
    rootIsPurelib,
    distInfo,
    files,
    entryPoints: parseEntryPoints(file, text('entry_points.txt') ?? ''),
    pth: files.filter((f) => f.scheme === 'site' && /^[^/]+\.pth$/.test(f.path)).map((f) => f.path),
    zip,
    close,
    [Symbol.asyncDispose]: () => Promise.resolve(close()),
  };
}

function findDistInfo(file: string, members: readonly ZipMember[]): string {
  const tops = new Set(members.map((member) => member.name.split('/', 1)[0] ?? ''));
  const found = [...tops].filter((top) => top.endsWith('.dist-info'));
  if (found.length !== 1 || found[0] === undefined) {
    throw wheelFault(file, 'dist-info', `it has ${found.length} .dist-info folders, not one`);
  }
  return found[0];
}

function readText(
  file: string,
  zip: ZipArchive,
  member: ZipMember | undefined,
): string | undefined {
  if (!member) return undefined;
  if (member.size > 32 * 1024 * 1024)
    throw wheelFault(file, 'metadata', `${member.name} is too large`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(zip.read(member));
  } catch (error) {
    if (error instanceof TypeError)
      throw wheelFault(file, 'metadata', `${member.name} is not UTF-8`);
    throw error;
  }
}

function readMetadata(file: string, distInfo: string, text: string | undefined): WheelMetadata {
  const metadata = text === undefined ? undefined : parseMetadata(text);
  if (!metadata)
    throw wheelFault(file, 'metadata', 'METADATA is missing or has not one name and version');
  const [name = '', version = '', ...rest] = distInfo.slice(0, -'.dist-info'.length).split('-');
  const fits =
    rest.length === 0 &&
    normalizeName(name) === normalizeName(metadata.name) &&
    normalizeVersion(version.replaceAll('_', '-')) === normalizeVersion(metadata.version);
  if (!fits) {
    throw wheelFault(
      file,
      'dist-info',
      `${distInfo} is not of ${metadata.name} ${metadata.version}`,
    );
  }
  return metadata;
}

function checkExpected(file: string, metadata: WheelMetadata, expected: ExpectedWheel): void {
  const fits =
    normalizeName(metadata.name) === normalizeName(expected.name) &&
    normalizeVersion(metadata.version) === normalizeVersion(expected.version);
  if (fits) return;
  throw mlcError('MLC5033', {
    file,
    expected: `${expected.name} ${expected.version}`,
    actual: `${metadata.name} ${metadata.version}`,
  });
}

function readWheelFile(file: string, text: string | undefined) {
  const headers = parseHeaders(text ?? '');
  const version = headers.get('wheel-version')?.[0] ?? '';
  const purelib = headers.get('root-is-purelib')?.[0]?.toLowerCase();
  if (text === undefined || version === '' || (purelib !== 'true' && purelib !== 'false')) {
    throw wheelFault(file, 'wheel-file', 'WHEEL is missing or incomplete');
  }
  if (!/^1\.\d+$/.test(version)) {
    throw wheelFault(file, 'wheel-version', `Wheel-Version ${version} is not 1.x`);
  }
  const tags = (headers.get('tag') ?? []).flatMap((tag) => {
    const [python = '', abi = '', platform = ''] = tag.split('-');
    return expandTags(python, abi, platform);
  });
  return { tags, rootIsPurelib: purelib === 'true' };
}
