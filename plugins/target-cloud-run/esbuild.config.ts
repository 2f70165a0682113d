import { bundleProgram } from '@mlcontainer/config-esbuild';

// One file for every command line to load, in place of many; its types are written beside it.
await bundleProgram({
  folder: import.meta.dirname,
  entries: { index: 'src/index.ts' },
  inlined: ['valibot'],
});
