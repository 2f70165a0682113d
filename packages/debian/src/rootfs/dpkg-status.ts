import type { Entry } from '@mlcontainer/oci';
import type { OpenDeb } from '../deb/deb.ts';
import { textFile } from './generated.ts';
import { placedPath } from './paths.ts';

/**
 * The package's record for scanners, as distroless images have it: its control fields in `status.d/<name>`, its
 * checksums beside it, paths as they stand in the image.
 */
export function statusEntries(deb: OpenDeb, name: string): Entry[] {
  const folder = 'var/lib/dpkg/status.d';
  const control = `${deb.controlText.trimEnd()}\n`;
  const md5sums = deb.controlFiles.get('md5sums');
  const entries = [textFile(`${folder}/${name}`, control)];
  if (md5sums !== undefined)
    entries.push(textFile(`${folder}/${name}.md5sums`, placedSums(md5sums)));
  return entries;
}

function placedSums(md5sums: Uint8Array): string {
  return new TextDecoder()
    .decode(md5sums)
    .replaceAll(
      /^([0-9a-f]{32}) {2}(.+)$/gm,
      (_, sum: string, path: string) => `${sum}  ${placedPath(path)}`,
    );
}
