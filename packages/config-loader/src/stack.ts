import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ConfigBundle } from './bundle.ts';

/** A place in a file of the user; line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** Rewrites the places of a stack that lie in the bundle at `url` to the files that it was made of. */
export function mapStack(stack: string, url: string, bundle: ConfigBundle): string {
  const toSource = sourceFinder(bundle);
  const [first = '', ...pieces] = stack.split(url);
  const rest = pieces.map((piece) => {
    const place = /^:(\d+)(?::(\d+))?/.exec(piece);
    const source = place?.[1] === undefined ? undefined : toSource(place[1], place[2]);
    return source === undefined ? shortened(url) + piece : source + piece.slice(place?.[0].length);
  });
  return first + rest.join('');
}

function sourceFinder({ map, notes }: ConfigBundle) {
  const finder = new SourceMap(map as SourceMapPayload);
  return (line: string, column: string | undefined): string | undefined => {
    const entry = finder.findEntry(Number(line) - 1, Number(column ?? 1) - 1);
    if (!('originalSource' in entry)) return undefined;
    const file = fileURLToPath(entry.originalSource);
    const prefix = entry.originalLine === 0 ? (notes.prefixes.get(file) ?? 0) : 0;
    const place = `${file}:${entry.originalLine + 1}`;
    return column === undefined ? place : `${place}:${entry.originalColumn - prefix + 1}`;
  };
}

/** A data URL is the whole bundle; nobody wants to read it in a stack. */
function shortened(url: string): string {
  return url.startsWith('data:') ? 'data:…' : url;
}

/** The first place of a stack that lies in one of the files. */
export function firstPlace(stack: string, files: readonly string[]): SourcePlace | undefined {
  for (const line of stack.split('\n')) {
    const match = /(?:file:\/\/)?(\/[^():]+|[A-Za-z]:\\[^():]+):(\d+)(?::(\d+))?/.exec(line);
    const file = decode(match?.[1] ?? '');
    if (match && files.includes(file)) {
      const column = match[3] === undefined ? {} : { column: Number(match[3]) };
      return { file, line: Number(match[2]), ...column };
    }
  }
  return undefined;
}

function decode(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
