import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDeb822 } from '../control/deb822.ts';

/** One archive that the machine's apt uses: one suite of one URI. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Keyring that the entry names; `''` for one that stands in the file itself. */
  readonly signedBy?: string;
  /** The file it was found in. */
  readonly file: string;
}

/**
 * Reads `sources.list` and `sources.list.d/` below apt's folder: one-line and deb822 (sources.list(5)). What
 * cannot be read or parsed is passed over: it is the machine's setting, not the user's.
 */
export async function readAptSources(folder: string): Promise<AptSource[]> {
  const parts = join(folder, 'sources.list.d');
  const names = await readdir(parts).catch(() => []);
  const files = [
    join(folder, 'sources.list'),
    ...names.toSorted().map((name) => join(parts, name)),
  ];
  const found = await Promise.all(files.map(readSourceFile));
  return found.flat();
}

async function readSourceFile(file: string): Promise<AptSource[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (file.endsWith('.list')) return parseSourceLines(text, file);
  return file.endsWith('.sources') ? parseSourceParagraphs(text, file) : [];
}

/** The one-line form: `deb [signed-by=…] http://… bookworm main`. */
export function parseSourceLines(text: string, file: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)\s*(?:#.*)?$/.exec(
      line,
    );
    const [, options = '', uri, suite, components = ''] = match ?? [];
    if (uri === undefined || suite === undefined) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [
      {
        uri,
        suite,
        components: words(components),
        ...(signedBy !== undefined && { signedBy }),
        file,
      },
    ];
  });
}

/** The deb822 form: paragraphs of `Types`, `URIs`, `Suites`, `Components`. */
export function parseSourceParagraphs(text: string, file: string): AptSource[] {
  try {
    return parseDeb822(text, file).flatMap((fields) => sourcesOf(fields, file));
  } catch {
    return [];
  }
}

function sourcesOf(fields: ReadonlyMap<string, string>, file: string): AptSource[] {
  const enabled = !/^(no|false|off|0)$/i.test(fields.get('enabled') ?? 'yes');
  if (!enabled || !words(fields.get('types')).includes('deb')) return [];
  const signedBy = fields.get('signed-by');
  const inline = signedBy?.includes('BEGIN PGP') === true;
  return words(fields.get('uris')).flatMap((uri) =>
    words(fields.get('suites')).map((suite) => ({
      uri,
      suite,
      components: words(fields.get('components')),
      ...(signedBy !== undefined && { signedBy: inline ? '' : signedBy.trim() }),
      file,
    })),
  );
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
