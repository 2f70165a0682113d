import { build } from 'esbuild';

/** What is bundled, and where to. */
export interface BundleOptions {
  /** Absolute, or relative to this process. */
  readonly entryPoints: readonly string[];
  readonly outdir: string;
}

/**
 * Bundles the modules of one package for Node, so that a command starts without opening a file for each of them.
 * Other packages stay imports: there must be one copy of the contract, and packages with data files find them by
 * their own place. Code behind a dynamic import becomes a chunk that is read when it is needed.
 */
export async function bundle({ entryPoints, outdir }: BundleOptions): Promise<void> {
  await build({
    entryPoints: [...entryPoints],
    outdir,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22.18',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    // Stack traces and `constructor.name` in messages stay readable.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}
