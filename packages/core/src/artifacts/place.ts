import { resolve } from 'node:path';
import {
  formatReference,
  openLayoutSource,
  openLayoutTarget,
  parseReference,
  type ContentSource,
  type ContentTarget,
} from '@mlcontainer/oras';
import { mlcError } from '@mlcontainer/plugin-kit';
import type { EngineContext } from '../context.ts';
import { openRepository } from '../registry/client.ts';

/** Where content is, as a command names it. */
export type Place =
  | {
      readonly kind: 'registry';
      readonly registry: string;
      readonly repository: string;
      readonly reference?: string;
    }
  | { readonly kind: 'layout' | 'archive'; readonly path: string; readonly reference?: string };

const LAYOUT = /^oci(?<archive>-archive)?:(?<rest>.*)$/s;

/**
 * Reads `registry/repository[:tag][@digest]`, `oci:folder[:tag]` or `oci-archive:file[:tag]`, with `@digest` in place
 * of a tag; as skopeo writes them. Throws MLC6501.
 */
export function parsePlace(text: string, cwd: string): Place {
  const layout = LAYOUT.exec(text)?.groups;
  if (layout !== undefined) {
    const { path, reference } = splitPath(layout['rest'] ?? '');
    if (path === '') throw mlcError('MLC6501', { reference: text, detail: 'the path is missing' });
    const kind = layout['archive'] === undefined ? 'layout' : 'archive';
    return { kind, path: resolve(cwd, path), ...(reference !== undefined && { reference }) };
  }
  const { registry, repository, tag, digest } = parseReference(text);
  const reference = digest ?? tag;
  return { kind: 'registry', registry, repository, ...(reference !== undefined && { reference }) };
}

function splitPath(text: string): { readonly path: string; readonly reference?: string } {
  const found = /^(?<path>.*?)(?:@(?<digest>sha256:[0-9a-f]{64})|:(?<tag>\w[\w.-]{0,127}))$/s.exec(
    text,
  );
  const { path = text, digest, tag } = found?.groups ?? {};
  const reference = digest ?? tag;
  return { path, ...(reference !== undefined && { reference }) };
}

/** What a place is called in messages and results, without tag: `registry/repository`, `oci:/path`. */
export function placeName(place: Place): string {
  if (place.kind === 'registry') return repositoryOf(place);
  return `${place.kind === 'layout' ? 'oci' : 'oci-archive'}:${place.path}`;
}

/** The tag of a place; undefined where it has a digest or nothing. */
export function tagOf({ reference }: Place): string | undefined {
  return reference?.startsWith('sha256:') === true ? undefined : reference;
}

/** Something to read from, with the reference in it that is meant. */
export interface OpenSource {
  readonly source: ContentSource;
  readonly reference: string;
}

/**
 * Opens a place to read from, for as long as `use` takes. A layout that lists one manifest alone needs no tag.
 * Throws MLC6501 where tag and digest are missing.
 */
export async function withSource<T>(
  cx: EngineContext,
  place: Place,
  use: (open: OpenSource) => Promise<T>,
): Promise<T> {
  if (place.kind === 'registry') {
    const source = openRepository(cx, repositoryOf(place));
    return use({ source, reference: place.reference ?? missing(place) });
  }
  const source = await openLayoutSource(place.path, cx);
  try {
    const roots = await source.roots();
    const only = new Set(roots.map(({ digest }) => digest)).size === 1 ? roots[0] : undefined;
    return await use({ source, reference: place.reference ?? only?.digest ?? missing(place) });
  } finally {
    await source.close();
  }
}

function missing(place: Place): never {
  const detail = 'a tag or a digest is missing';
  throw mlcError('MLC6501', { reference: placeName(place), detail });
}

/** Opens a place to write to. Throws MLC6501 for an archive, which is written whole or not at all. */
export function openTarget(cx: EngineContext, place: Place): ContentTarget {
  if (place.kind === 'layout') return openLayoutTarget(place.path);
  if (place.kind === 'registry') return openRepository(cx, repositoryOf(place));
  const detail = 'nothing can be added to an archive; name a layout folder (oci:folder)';
  throw mlcError('MLC6501', { reference: placeName(place), detail });
}

function repositoryOf({ registry, repository }: Extract<Place, { kind: 'registry' }>): string {
  return formatReference({ registry, repository });
}
