// `node ../../configs/esbuild/src/main.ts src/bin.ts src/index.ts`, as the last step of a package's build.
import { bundle } from './bundle.ts';

await bundle({ entryPoints: process.argv.slice(2), outdir: 'dist' });
