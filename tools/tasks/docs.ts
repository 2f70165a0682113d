import { outdatedPages, referencePages, writeReference } from '../src/docs/reference.ts';
import { task } from '../src/index.ts';

await task(async ({ args }) => {
  const pages = referencePages();
  if (!args.includes('--check')) {
    await writeReference(pages);
    return 0;
  }
  const stale = await outdatedPages(pages);
  for (const path of stale)
    process.stderr.write(`docs/reference/${path} is out of date; run: npm run docs\n`);
  return stale.length === 0 ? 0 : 1;
});
