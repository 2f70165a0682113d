import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Document {
  readonly manifests?: readonly { readonly digest: string }[];
  readonly layers?: readonly { readonly size: number }[];
}

/** Bytes of all layers of the first image in an OCI layout, as they are compressed there. */
export async function layoutSize(layout: string): Promise<number> {
  let document = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Document;
  while (document.manifests?.[0]) {
    const path = join(layout, 'blobs', ...document.manifests[0].digest.split(':'));
    document = JSON.parse(await readFile(path, 'utf8')) as Document;
  }
  return (document.layers ?? []).reduce((sum, { size }) => sum + size, 0);
}
