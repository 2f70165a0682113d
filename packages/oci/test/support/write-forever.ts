/** A process that writes one of two layouts in turn until it is killed: `write-forever.ts folder target`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { layoutContent } from '../../src/output/content.ts';
import { writeLayout } from '../../src/output/layout.ts';
import { buildImage, signal } from './image.ts';

const [folder = '', target = ''] = process.argv.slice(2);
const contents = [];
for (const [at, compression] of (['gzip-members', 'gzip'] as const).entries()) {
  const store = join(folder, String(at));
  mkdirSync(store);
  const { image, blobs } = await buildImage(store, [compression, compression, compression]);
  contents.push(layoutContent(image, blobs, `churn:${at}`));
}
process.stdout.write('ready\n');
for (;;) for (const content of contents) await writeLayout(target, content, { signal });
