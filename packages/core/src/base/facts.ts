import path from 'node:path/posix';
import type { ImageTree } from '@mlcontainer/oci';
import { mlcError, type BaseFacts, type BasePython } from '@mlcontainer/plugin-kit';
import { candidatesIn, envPath, searchFolders, type Candidate } from './candidates.ts';
import { libraryFolders } from './libraries.ts';
import type { FoundBase } from './pin.ts';
import { examine, filesOf, type OpenBase, type Verdict } from './python.ts';
import type { BaseSource } from './source.ts';
import { smallText, valueOf } from './texts.ts';

/** Raised when the same image would be read differently than before; facts of older rules are read again. */
export const BASE_RULES = 1;

/** The UID that the server runs as; see plan/image-config.ts. */
const SERVER_UID = '65532';

/** Where distributions keep the certificates of public authorities: Debian and Alpine, Fedora, SUSE, others. */
const CA_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Small files that facts are read from. */
const TEXTS = ['/etc/os-release', '/usr/lib/os-release', '/etc/passwd'];

/** A folder of ours that must not hold another image's files. */
const OURS = ['/opt/mlcontainer/site', '/opt/mlcontainer/bin'];

/** How many names deep a linked folder matters: nothing of ours lies deeper below another's. */
const LINK_DEPTH = 3;

/** What there is to look at: the programs that may be its Python, and all files that have to be read to know. */
export interface BaseQuestions {
  readonly candidates: readonly Candidate[];
  readonly searched: readonly string[];
  readonly files: ReturnType<typeof filesOf>;
}

/** What has to be read out of a base, by its tree alone. Throws MLC6704. */
export function questionsOf(
  source: BaseSource,
  base: Pick<OpenBase, 'tree' | 'architecture'>,
  { configuration }: Pick<FoundBase, 'configuration'>,
): BaseQuestions {
  const { tree } = base;
  const searched = searchFolders(tree, configuration);
  const candidates = searched.flatMap((folder) => candidatesIn(tree, folder));
  if (candidates.length === 0) {
    const named = [...new Set([...envPath(configuration, 'PATH'), ...searched])];
    throw mlcError('MLC6704', { reference: source.reference, searched: named });
  }
  const files = new Map(filesOf(base, candidates));
  for (const name of TEXTS) {
    const node = tree.find(name);
    if (node?.type === 'file') files.set(node.path, node);
  }
  return { candidates, searched, files };
}

/** What a base is, from its tree and the files taken out of it. Throws MLC6705, MLC6706 and MLC6708. */
export async function factsOf(
  source: BaseSource,
  base: OpenBase,
  { candidates }: BaseQuestions,
): Promise<BaseFacts> {
  const { tree } = base;
  refuseOccupied(source, tree);
  const { python, glibc, venv } = await choosePython(source, base, candidates);
  const release = await textAt(base, '/etc/os-release', '/usr/lib/os-release');
  const account = accountOf(await textAt(base, '/etc/passwd'));
  const caBundle = CA_BUNDLES.find((file) => (tree.find(file)?.size ?? 0) > 0);
  return {
    rules: BASE_RULES,
    system: valueOf(release, 'PRETTY_NAME') ?? 'unknown',
    glibc,
    python,
    distributions: distributionsOf(tree, python, venv),
    folderLinks: folderLinks(tree),
    missingLibraries: missingLibraries(base, python),
    ...(account !== undefined && { account }),
    ...(caBundle !== undefined && { caBundle }),
  };
}

interface Chosen {
  readonly python: BasePython;
  readonly glibc: string;
  readonly venv: string | undefined;
}

/** The first candidate that can be used, in the order of the image's PATH. */
async function choosePython(
  source: BaseSource,
  base: OpenBase,
  candidates: readonly Candidate[],
): Promise<Chosen> {
  const { reference } = source;
  const verdicts: Extract<Verdict, { rejected: string }>[] = [];
  for (const candidate of candidates) {
    const verdict = await examine(base, candidate);
    if ('python' in verdict) return { ...verdict, venv: candidate.venv };
    verdicts.push(verdict);
  }
  const rejected = [...new Set(verdicts.map((verdict) => verdict.rejected))];
  if (verdicts.some((verdict) => verdict.musl))
    throw mlcError('MLC6706', { reference, detail: rejected.join('; ') });
  throw mlcError('MLC6705', { reference, rejected });
}

/** An image that we made has its packages there; two sets in one folder would mix. */
function refuseOccupied(source: BaseSource, tree: ImageTree): void {
  const taken = OURS.find((folder) => tree.list(folder).length > 0);
  if (taken === undefined) return;
  const detail = 'holds files already: it was made by mlcontainer on a base of its own';
  throw mlcError('MLC6708', { reference: source.reference, path: taken, detail });
}

async function textAt({ tree, folder }: OpenBase, ...names: readonly string[]): Promise<string> {
  const node = names.flatMap((name) => tree.find(name) ?? [])[0];
  return node === undefined ? '' : smallText(path.join(folder, node.path));
}

function accountOf(passwd: string): BaseFacts['account'] {
  for (const line of passwd.split('\n')) {
    const [name = '', , uid, , , home = '/'] = line.split(':');
    if (uid === SERVER_UID) return { name, home };
  }
  return undefined;
}

/** Those in the folders that this Python imports from (`site`, and Debian's patch of it). */
function distributionsOf(
  tree: ImageTree,
  { prefix, version }: BasePython,
  venv: string | undefined,
): readonly string[] {
  const minor = version.split('.').slice(0, 2).join('.');
  const of = (root: string): string[] => [
    ...['lib', 'lib64'].map((lib) => `${root}/${lib}/python${minor}/site-packages`),
    `${root}/lib/python3/dist-packages`,
    `${root}/local/lib/python${minor}/dist-packages`,
  ];
  const found = new Set<string>();
  for (const folder of of(venv ?? prefix)) {
    for (const name of tree.list(folder)) {
      const [, own, release] = /^(.+?)-(\d[^-]*)(?:-.*)?\.(?:dist|egg)-info$/.exec(name) ?? [];
      if (own !== undefined) found.add(`${own.toLowerCase().replace(/[-_.]+/g, '-')}==${release}`);
    }
  }
  return [...found].sort();
}

/** What wheels link against without bringing it along (PEP 600 and auditwheel's policies, as far as servers need it). */
const EXPECTED = [
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libpthread.so.0',
  'librt.so.1',
  'libstdc++.so.6',
];

/** Those that the loader would find neither in its own folders nor beside this Python (as in conda). */
function missingLibraries({ tree, architecture }: OpenBase, { prefix }: BasePython) {
  const folders = [...libraryFolders(architecture), `${prefix}/lib`];
  return EXPECTED.filter(
    (name) => !folders.some((folder) => tree.find(`${folder}/${name}`)?.type === 'file'),
  );
}

/** Folders near the root that are links. */
function folderLinks(tree: ImageTree): readonly string[] {
  const links: string[] = [];
  const look = (folder: string, depth: number): void => {
    for (const name of tree.list(folder)) {
      const own = folder === '' ? name : `${folder}/${name}`;
      const node = tree.findLink(own);
      // One that leads nowhere may be meant for a folder, too.
      const leads = tree.find(own)?.type ?? 'directory';
      if (node?.type === 'symlink' && leads === 'directory') links.push(own);
      if (node?.type === 'directory' && depth < LINK_DEPTH) look(own, depth + 1);
    }
  };
  look('', 1);
  return links.sort();
}
