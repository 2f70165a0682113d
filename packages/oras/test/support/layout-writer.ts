import { openLayoutTarget } from '../../src/layout/target.ts';
import { pushImage, signal } from './graph.ts';

/** Pushes tagged images into a layout: `node layout-writer.ts <folder> <name> <how many>`. */
const [folder = '', name = '', count = '0'] = process.argv.slice(2);
const target = openLayoutTarget(folder);
for (let index = 0; index < Number(count); index += 1) {
  const { descriptor } = await pushImage(target, `${name} ${index}`);
  await target.tag(descriptor, `${name}-${index}`, { signal });
  process.stdout.write('.');
}
