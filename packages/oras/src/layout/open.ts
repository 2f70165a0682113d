import { stat } from 'node:fs/promises';
import { openLayout } from '@mlcontainer/oci';
import { folderReader } from './folder.ts';
import { sourceOf, type LayoutSource } from './source.ts';

/**
 * Opens an OCI layout for reading: a folder, or an archive such as `skopeo copy oci-archive:`, `docker save` and
 * `mlcontainer build --output archive` write. Everything that is read is checked against its digest; of a layout in a
 * folder the names are read anew each time. Throws MLC6040 where there is none.
 */
export async function openLayoutSource(
  path: string,
  options: { readonly signal: AbortSignal },
): Promise<LayoutSource> {
  const layout = await openLayout(path, options);
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder) {
    await layout.close();
    return { ...sourceOf(folderReader(path)), close: () => Promise.resolve() };
  }
  const source = sourceOf({
    name: path,
    entries: () => Promise.resolve(layout.index.manifests),
    blob: (digest) => Promise.resolve(layout.blob(digest)),
  });
  return { ...source, close: () => layout.close() };
}
