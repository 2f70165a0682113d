import type { Entry, FileEntry } from '@mlcontainer/oci';
import { mlcError } from '@mlcontainer/plugin-kit';
import { openDeb, type OpenDeb } from '../deb/deb.ts';
import { captureLibrary } from '../elf/capture.ts';
import { isLibraryLink, isLibraryName, type LibraryRecord } from '../elf/library-record.ts';
import type { DebGroup, DebianArchitecture, LockedDeb, Suite } from '../lock.ts';
import { pythonPackages } from '../python/packages.ts';
import { bestAlternatives, parseAlternatives, type Alternative } from './alternatives.ts';
import { statusEntries } from './dpkg-status.ts';
import { folder, libraryFolders, link, runtimeSkeleton, systemSkeleton } from './generated.ts';
import { checkScripts } from './maintainer-scripts.ts';
import { packageEntries } from './package-entries.ts';
import { isCertificate, isTrimmed, placedPath } from './paths.ts';
import { bytesOf, pythonSources, type PythonSources } from './python-sources.ts';
import { createLayerTree, type LayerTree } from './tree.ts';

/** A locked package and its file, as `fetchDeb` gives it. */
export interface FetchedDeb {
  readonly deb: LockedDeb;
  readonly path: string;
  /** Its data archive, decompressed before for another purpose: read in place of the one inside. */
  readonly data?: string;
}

/** What one Debian layer is made of. */
export interface DebianLayer {
  readonly group: DebGroup;
  readonly suite: Suite;
  readonly architecture: DebianArchitecture;
  /** Packages of this group; the order does not matter. */
  readonly debs: readonly FetchedDeb[];
  /** Makes `.pyc` files of the standard library's sources; they are laid behind the package that brings these. */
  readonly bytecode?: BytecodeMaker;
  /** Library folders that are mounted at run time, for `ld.so.conf.d`; only of the group `system`. */
  readonly libraryFolders?: readonly string[];
  /** False keeps what `isTrimmed` would leave out: manuals, translations, rare character sets, tests. */
  readonly trim?: boolean;
  /** Packages to lay although their maintainer scripts are not modelled. */
  readonly allowScripts?: readonly string[];
}

/** Compiles Python sources while the rest of their package is laid. */
export interface BytecodeMaker {
  /** Takes a source; path in the image without leading slash. */
  add(path: string, source: Uint8Array): void;
  /** Bytecode of what was added since the last call. */
  take(): AsyncIterable<{ readonly path: string; readonly bytes: Uint8Array }>;
}

/** Who listens while a layer’s entries are made. */
export interface LayerContext {
  readonly signal: AbortSignal;
  /** Called for each library and each link that may lead to one, when it was written; for `ldCacheEntries`. */
  readonly onLibrary?: (record: LibraryRecord) => void;
  /** Called for what was left off a file: setuid bits, capabilities. */
  readonly onDropped?: (dropped: {
    readonly deb: string;
    readonly path: string;
    readonly what: string;
  }) => void;
}

interface Run {
  readonly layer: DebianLayer;
  readonly cx: LayerContext;
  readonly tree: LayerTree;
  readonly certificates: Map<string, Uint8Array>;
  readonly python: PythonSources;
  readonly alternatives: { readonly owner: string; readonly one: Alternative }[];
}

/** The owner of what no package holds. */
const SELF = 'mlcontainer';

/**
 * The entries of one Debian layer, in a fixed order: what mlcontainer makes itself, the packages by name, each in
 * the order of its archive and followed by its record for scanners and the bytecode of its sources, then
 * alternatives. Contents are streamed: each must be read before the next entry is asked for.
 *
 * Throws MLC4030 to MLC4050, and the tar reader's MLC60xx.
 */
export async function* debianLayerEntries(
  layer: DebianLayer,
  cx: LayerContext,
): AsyncGenerator<Entry, void> {
  const run: Run = {
    layer,
    cx,
    tree: createLayerTree(),
    certificates: new Map(),
    python: pythonSources(layer.bytecode),
    alternatives: [],
  };
  for (const entry of skeletonOf(layer)) yield* placed(run, entry, SELF);
  for (const fetched of layer.debs.toSorted(byName)) yield* packageOf(run, fetched);
  yield* bundle(run);
  yield* alternativeLinks(run);
}

/** Bytecode of the sources since the last time. */
async function* bytecodeOf(run: Run): AsyncGenerator<Entry, void> {
  for await (const { path, bytes } of run.layer.bytecode?.take() ?? [])
    yield* placed(run, fileOf(path, bytes), SELF);
}

function byName(a: FetchedDeb, b: FetchedDeb): number {
  return a.deb.name < b.deb.name ? -1 : a.deb.name > b.deb.name ? 1 : 0;
}

function skeletonOf({
  group,
  suite,
  architecture,
  libraryFolders: folders = [],
}: DebianLayer): Entry[] {
  if (group === 'system') return [...systemSkeleton(architecture), ...libraryFolders(folders)];
  return group === 'runtime' ? runtimeSkeleton(pythonPackages(suite).version) : [];
}

function fileOf(path: string, bytes: Uint8Array): Entry {
  return { type: 'file', path, mode: 0o644, content: { kind: 'bytes', bytes } };
}

async function* packageOf(
  run: Run,
  { deb: locked, path, data }: FetchedDeb,
): AsyncGenerator<Entry, void> {
  const name = `${locked.name} ${locked.version}`;
  const copy = data === undefined ? undefined : ({ path: data, use: 'read' } as const);
  const deb = await openDeb(path, name, copy);
  try {
    checkIdentity(deb, locked);
    checkScripts(deb, locked.name, run.layer.allowScripts ?? []);
    const postinst = new TextDecoder().decode(deb.controlFiles.get('postinst'));
    run.alternatives.push(...parseAlternatives(postinst).map((one) => ({ owner: name, one })));
    yield* dataOf(run, deb, name);
    for (const entry of statusEntries(deb, locked.name)) yield* placed(run, entry, name);
    run.python.endPackage();
    yield* bytecodeOf(run);
  } finally {
    await deb.close();
  }
}

function checkIdentity(deb: OpenDeb, locked: LockedDeb): void {
  for (const [field, expected] of [
    ['package', locked.name],
    ['version', locked.version],
    ['architecture', locked.architecture],
  ] as const) {
    const actual = deb.control.get(field) ?? 'missing';
    if (actual !== expected) throw mlcError('MLC4032', { deb: deb.name, field, expected, actual });
  }
}

async function* dataOf(run: Run, deb: OpenDeb, owner: string): AsyncGenerator<Entry, void> {
  for await (const { entry: streamed, dropped } of packageEntries(deb, run.cx.signal)) {
    const certified = await withCertificate(run, streamed);
    if (run.layer.trim !== false && isTrimmed(certified.path, certified.type)) continue;
    const entry = await run.python.add(certified);
    if (entry.type === 'hardlink') checkHardlink(run, entry.path, entry.target, owner);
    for (const what of dropped) run.cx.onDropped?.({ deb: owner, path: entry.path, what });
    yield* placed(run, entry, owner);
  }
}

/** Keeps a certificate for the bundle; its stream is read by that. */
async function withCertificate(run: Run, entry: Entry): Promise<Entry> {
  if (entry.type !== 'file' || !isCertificate(entry.path)) return entry;
  const bytes = await bytesOf(entry);
  run.certificates.set(entry.path, bytes);
  return { ...entry, content: { kind: 'bytes', bytes } };
}

function checkHardlink(run: Run, path: string, target: string, deb: string): void {
  const known = run.tree.get(target);
  if (known?.type === 'file' && known.owner === deb) return;
  throw mlcError('MLC4043', { deb, path, target });
}

/** Emits an entry and the parents it lacks; a library is looked into while its content passes. */
async function* placed(run: Run, entry: Entry, owner: string): AsyncGenerator<Entry, void> {
  const emitted = run.tree.place(entry, owner);
  for (const one of emitted) {
    if (one.type === 'file' && one.content.kind === 'stream' && isLibraryName(one.path)) {
      yield* library(run, one, one.content);
    } else {
      yield one;
    }
    if (one.type === 'symlink' && isLibraryLink(one.path)) {
      run.cx.onLibrary?.({ kind: 'link', path: one.path, target: one.target });
    }
  }
}

async function* library(
  run: Run,
  entry: FileEntry,
  content: Extract<FileEntry['content'], { kind: 'stream' }>,
): AsyncGenerator<Entry, void> {
  const capture = captureLibrary(content.open(), content.size);
  yield { ...entry, content: { ...content, open: () => capture.stream } };
  const found = capture.result();
  if (found !== undefined) run.cx.onLibrary?.({ kind: 'library', path: entry.path, ...found });
}

/** All certificates in one file, in the order of their names, as update-ca-certificates(8) makes it. */
async function* bundle(run: Run): AsyncGenerator<Entry, void> {
  if (run.certificates.size === 0) return;
  const paths = [...run.certificates.keys()].toSorted();
  const texts = paths.map(
    (path) => `${new TextDecoder().decode(run.certificates.get(path)).trimEnd()}\n`,
  );
  yield* placed(run, folder('etc/ssl/certs'), SELF);
  yield* placed(
    run,
    fileOf('etc/ssl/certs/ca-certificates.crt', Buffer.from(texts.join(''))),
    SELF,
  );
}

async function* alternativeLinks(run: Run): AsyncGenerator<Entry, void> {
  const present = run.alternatives.filter(
    ({ one }) => run.tree.get(placedName(one.path)) !== undefined,
  );
  for (const { link: from, name, path } of bestAlternatives(present.map(({ one }) => one))) {
    const owner = present.find(({ one }) => one.name === name && one.path === path)?.owner ?? SELF;
    yield* placed(run, link(`etc/alternatives/${name}`, path), owner);
    yield* placed(run, link(placedName(from), `/etc/alternatives/${name}`), owner);
  }
}

/** A script's absolute path as an entry's. */
function placedName(path: string): string {
  return placedPath(path.replace(/^\/+/, ''));
}
