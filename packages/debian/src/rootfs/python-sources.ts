import { posix } from 'node:path';
import type { Entry, FileEntry } from '@mlcontainer/oci';
import type { BytecodeMaker } from './layer.ts';

/** What passes on the Python sources of a layer to the one who compiles them. */
export interface PythonSources {
  /** The same entry; of a source the content is read. */
  add(entry: Entry): Promise<Entry>;
  /** Passes on links to sources that lie elsewhere, once all of these are known. */
  addLinks(): void;
}

/** The modules of the interpreter, wherever a package lays them: `usr/lib/python3`, `usr/lib/python3.11`. */
const MODULE = /^usr\/lib\/python3(?:\.\d+)?\/.*\.py$/;
/** Where Debian keeps modules that an administrator may change, `sitecustomize`; the library links to them. */
const CONFIGURED = /^etc\/python3(?:\.\d+)?\/[^/]+\.py$/;

export function pythonSources(maker: BytecodeMaker | undefined): PythonSources {
  if (maker === undefined)
    return { add: (entry) => Promise.resolve(entry), addLinks: () => undefined };
  const configured = new Map<string, Uint8Array>();
  const links = new Map<string, string>();
  return {
    add: async (entry) => {
      const { path } = entry;
      if (entry.type === 'symlink' && MODULE.test(path))
        links.set(path, posix.resolve('/', posix.dirname(path), entry.target).slice(1));
      if (entry.type !== 'file' || !(MODULE.test(path) || CONFIGURED.test(path))) return entry;
      const bytes = await bytesOf(entry);
      if (MODULE.test(path)) maker.add(path, bytes);
      else configured.set(path, bytes);
      return { ...entry, content: { kind: 'bytes', bytes } };
    },
    addLinks: () => {
      for (const [path, target] of links) {
        const bytes = configured.get(target);
        if (bytes !== undefined) maker.add(path, bytes);
      }
    },
  };
}

/** The whole content of a small file. */
export async function bytesOf(entry: FileEntry): Promise<Uint8Array> {
  if (entry.content.kind === 'bytes') return entry.content.bytes;
  const chunks = [];
  for await (const chunk of entry.content.open()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
