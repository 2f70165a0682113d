import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { blobPath, type Digest } from '../descriptor.ts';
import { openFiles, type LayoutFile } from './files.ts';
import { parseObject, ShapeFault, toIndex, type IndexJson } from './json.ts';

/** An OCI layout, open for reading; nothing but `index.json` is read before it is asked for. */
export interface Layout {
  readonly path: string;
  readonly kind: 'folder' | 'archive';
  /** `index.json` */
  readonly index: IndexJson;
  /** All regular files by path. */
  readonly files: ReadonlyMap<string, LayoutFile>;
  /** A blob; undefined where it is missing. Its digest is not checked. */
  blob(digest: Digest): LayoutFile | undefined;
  close(): Promise<void>;
}

/** JSON documents are small; more is an attack or a mistake. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;

/**
 * Opens an OCI layout (image-spec image-layout.md): a folder, or a tar archive of one such as `writeArchive`,
 * `skopeo copy oci-archive:` and `docker save` make. Throws MLC6040 where it is none.
 */
export async function openLayout(
  path: string,
  options: { readonly signal: AbortSignal },
): Promise<Layout> {
  const tree = await openFiles(path, options.signal);
  try {
    await checkVersion(path, tree.files.get('oci-layout'));
    const index = await readIndex(path, tree.files.get('index.json'));
    const blob = (digest: Digest): LayoutFile | undefined => tree.files.get(blobPath(digest));
    return { path, kind: tree.kind, index, files: tree.files, blob, close: () => tree.close() };
  } catch (error) {
    await tree.close();
    throw error;
  }
}

async function checkVersion(path: string, file: LayoutFile | undefined): Promise<void> {
  const version = (await readObject(path, 'oci-layout', file))['imageLayoutVersion'];
  if (version !== '1.0.0')
    throw notLayout(path, `the layout version ${JSON.stringify(version)} is not 1.0.0`);
}

async function readIndex(path: string, file: LayoutFile | undefined): Promise<IndexJson> {
  const json = await readObject(path, 'index.json', file);
  try {
    return toIndex(json);
  } catch (cause) {
    throw notLayout(path, `index.json: ${(cause as Error).message}`, cause);
  }
}

async function readObject(path: string, name: string, file: LayoutFile | undefined) {
  if (file === undefined) throw notLayout(path, `${name} is missing`);
  try {
    return parseObject(await readSmall(file));
  } catch (cause) {
    if (cause instanceof ShapeFault) throw notLayout(path, `${name}: ${cause.message}`, cause);
    throw cause;
  }
}

/** Reads a small file whole. Throws a ShapeFault when it is not small. */
export async function readSmall(file: LayoutFile): Promise<Uint8Array> {
  if (file.size > MAX_JSON_BYTES) throw new ShapeFault(`${file.size} bytes are too many for JSON`);
  return collect(file.open());
}

async function collect(stream: ByteStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function notLayout(path: string, detail: string, cause?: unknown): Error {
  return mlcError('MLC6040', { path, detail }, cause === undefined ? {} : { cause });
}
