import { bundleProgram } from '@mlcontainer/config-esbuild';

// The program, the start that decides how it runs, and its worker. What a config imports (`mlcontainer` itself,
// plugins, the plugin kit) stays outside, so that a project has one copy of it. Of the packages that are not ours,
// those go in that every command loads: a file of each costs more than its code. openpgp stays a package of its own,
// as its licence (LGPL) asks.
await bundleProgram({
  folder: import.meta.dirname,
  entries: {
    bin: 'src/bin.ts',
    main: 'src/main.ts',
    'layer-worker': '../core/src/layers/layer-worker.ts',
  },
  commonjs: ['main'],
  // HTTP/2 is never asked for (`allowH2: false`), and node:http2 takes 10 ms to load; configs are loaded by us.
  leftOut: ['undici/lib/dispatcher/client-h2.js', 'cosmiconfig/dist/loaders.js'],
  // Of node:http undici takes a class that no stream of ours is of, and the default of a limit that our pools set; it
  // takes 14 ms to load.
  standIns: {
    undici: { 'node:http': 'exports.IncomingMessage = class {}; exports.maxHeaderSize = 16384;' },
  },
  inlined: [
    '@mlcontainer/buildah-wrapper',
    '@mlcontainer/config-loader',
    '@mlcontainer/core',
    '@mlcontainer/debian',
    '@mlcontainer/model-inspect',
    '@mlcontainer/node-ports',
    '@mlcontainer/oci',
    '@mlcontainer/oras',
    '@mlcontainer/plugin-kit',
    '@mlcontainer/server',
    '@mlcontainer/wheels',
    'cosmiconfig',
    'env-paths',
    'semver',
    'smol-toml',
    'undici',
    'zod',
  ],
});
