import { mlcError } from '@mlcontainer/plugin-kit';
import { MEDIA_TYPES, type Descriptor } from '../descriptor.ts';
import type { LayoutFile } from '../read/files.ts';
import { isDigest, parseObject, ShapeFault, toIndex } from '../read/json.ts';
import { openLayout, readSmall } from '../read/open.ts';
import { checkImage } from './image.ts';
import { createFindings, type ValidationReport } from './report.ts';
import { readDocument, type Walk } from './walk.ts';

const INDEX_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.index,
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
const MANIFEST_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.manifest,
  'application/vnd.docker.distribution.manifest.v2+json',
]);
const MAX_DEPTH = 8;

/**
 * Reads a whole OCI layout, folder or archive, and recomputes everything that it says about itself: each digest and
 * size, each diffID, the number of history items, media types against contents, the lints of each layer; blobs that
 * are missing, and those that nothing refers to. What is wrong is data, in `findings`; legal but unusual things
 * (whiteouts, setuid, a layer twice) are warnings. Memory does not grow with the layers.
 * Throws MLC6040 when it is no layout at all.
 */
export async function validateLayout(
  path: string,
  options: { readonly signal: AbortSignal },
): Promise<ValidationReport> {
  const layout = await openLayout(path, options);
  try {
    const findings = createFindings();
    const sets = { reached: new Set<string>(), unread: new Set<string>(), layers: new Map() };
    const walk: Walk = { layout, findings, images: [], signal: options.signal, ...sets };
    for (const root of layout.index.manifests) await checkNode(walk, root, nameOf(root), 0);
    await checkDockerPart(walk);
    checkExtra(walk);
    const valid = findings.all.every(({ severity }) => severity !== 'error');
    return { kind: layout.kind, valid, findings: findings.all, images: walk.images };
  } finally {
    await layout.close();
  }
}

function nameOf(root: Descriptor): string | undefined {
  return (
    root.annotations?.['io.containerd.image.name'] ??
    root.annotations?.['org.opencontainers.image.ref.name']
  );
}

async function checkNode(
  walk: Walk,
  descriptor: Descriptor,
  name: string | undefined,
  depth: number,
): Promise<void> {
  const { digest, mediaType } = descriptor;
  if (MANIFEST_TYPES.has(mediaType)) return checkImage(walk, descriptor, name);
  if (!INDEX_TYPES.has(mediaType) || depth >= MAX_DEPTH) {
    const detail = depth >= MAX_DEPTH ? 'indexes within indexes' : 'neither manifest nor index';
    walk.findings.add(mlcError('MLC6055', { digest, mediaType, detail }), digest);
    walk.reached.add(digest);
    walk.unread.add(digest);
    return;
  }
  const index = await readDocument(walk, descriptor, (bytes) => toIndex(parseObject(bytes)));
  for (const child of index?.manifests ?? []) await checkNode(walk, child, name, depth + 1);
}

/** `manifest.json` of a docker archive must point to blobs that are there. */
async function checkDockerPart(walk: Walk): Promise<void> {
  const file = walk.layout.files.get('manifest.json');
  if (walk.layout.kind !== 'archive' || file === undefined) return;
  for (const path of await dockerPaths(file)) {
    const hex = path.replace(/^blobs\/sha256\//, '');
    if (walk.layout.files.has(path) || walk.reached.has(`sha256:${hex}`)) continue;
    walk.findings.add(
      mlcError('MLC6050', { digest: path, detail: 'manifest.json' }),
      'manifest.json',
    );
  }
}

async function dockerPaths(file: LayoutFile): Promise<string[]> {
  try {
    const text = Buffer.from(await readSmall(file)).toString();
    const images = JSON.parse(text) as { Config: string; Layers: string[] }[];
    return images.flatMap(({ Config, Layers }) => [Config, ...Layers].map(String));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof ShapeFault)
      return ['?'];
    throw error;
  }
}

function checkExtra(walk: Walk): void {
  if (walk.unread.size > 0) return;
  for (const path of walk.layout.files.keys()) {
    if (!path.startsWith('blobs/')) continue;
    const digest = path.replace(/^blobs\/sha256\//, 'sha256:');
    if (isDigest(digest) && walk.reached.has(digest)) continue;
    walk.findings.add(mlcError('MLC6056', { path }), path);
  }
}
