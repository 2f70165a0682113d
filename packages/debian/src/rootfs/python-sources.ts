import { posix } from 'node:path';
import type { Entry, FileEntry } from '@mlcontainer/oci';
import type { BytecodeMaker } from './layer.ts';

/** What passes on the Python sources of a layer to the one who compiles them. */
export interface PythonSources {
  /** The same entry; of a source the content is read. */
  add(entry: Entry): Promise<Entry>;
  /** A package has ended: passes on links whose source is known by now. */
  endPackage(): void;
}

/** The modules of the interpreter, wherever a package lays them: `usr/lib/python3`, `usr/lib/python3.11`. */
const MODULE = /^usr\/lib\/python3(?:\.\d+)?\/.*\.py$/;
/** What Debian's library links to, from whatever package: `sitecustomize`, and how this Python was built. */
const LINKED =
  /^(?:etc\/python3(?:\.\d+)?\/[^/]+|usr\/lib\/python3(?:\.\d+)?\/_sysconfigdata[^/]*)\.py$/;

export function pythonSources(maker: BytecodeMaker | undefined): PythonSources {
  if (maker === undefined)
    return { add: (entry) => Promise.resolve(entry), endPackage: () => undefined };
  const linked = new Map<string, Uint8Array>();
  const links = new Map<string, string>();
  return {
    add: async (entry) => {
      const { path } = entry;
      if (entry.type === 'symlink' && MODULE.test(path))
        links.set(path, posix.resolve('/', posix.dirname(path), entry.target).slice(1));
      if (entry.type !== 'file' || !(MODULE.test(path) || LINKED.test(path))) return entry;
      const bytes = await bytesOf(entry);
      if (LINKED.test(path)) linked.set(path, bytes);
      if (MODULE.test(path)) maker.add(path, bytes);
      return { ...entry, content: { kind: 'bytes', bytes } };
    },
    endPackage: () => {
      for (const [path, target] of links) {
        const bytes = linked.get(target);
        if (bytes === undefined) continue;
        maker.add(path, bytes);
        links.delete(path);
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
