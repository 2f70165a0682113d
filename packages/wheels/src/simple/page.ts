import { mlcError } from '@mlcontainer/plugin-kit';

/** One file of a project page (simple repository API). */
export interface IndexFile {
  readonly file: string;
  /** Absolute, without fragment. */
  readonly url: string;
  /** Hex, where the index gives one. */
  readonly sha256?: string;
  /** Bytes, where the index gives them (PEP 700). */
  readonly size?: number;
  readonly yanked: boolean;
  readonly requiresPython?: string;
}

/** Media types of PEP 691, the better first. */
export const ACCEPT = [
  'application/vnd.pypi.simple.v1+json',
  'application/vnd.pypi.simple.v1+html;q=0.2',
  'text/html;q=0.01',
].join(', ');

/** Reads a project page of either form. Throws MLC5022. */
export function parsePage(text: string, contentType: string, url: string): IndexFile[] {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type.endsWith('json')) return parseJson(text, url);
  if (type === '' || type.endsWith('html') || type.startsWith('text/')) return parseHtml(text, url);
  throw mlcError('MLC5022', {
    url,
    detail: `it answers ${JSON.stringify(type)}, neither HTML nor JSON`,
  });
}

interface JsonFile {
  readonly filename?: unknown;
  readonly url?: unknown;
  readonly size?: unknown;
  readonly yanked?: unknown;
  readonly 'requires-python'?: unknown;
  readonly hashes?: Readonly<Record<string, unknown>>;
}

function parseJson(text: string, url: string): IndexFile[] {
  let page: { meta?: { 'api-version'?: unknown }; files?: unknown };
  try {
    page = JSON.parse(text) as typeof page;
  } catch (error) {
    throw mlcError('MLC5022', { url, detail: 'its JSON is damaged' }, { cause: error });
  }
  const version = page.meta?.['api-version'];
  if (typeof version !== 'string' || !version.startsWith('1.') || !Array.isArray(page.files)) {
    throw mlcError('MLC5022', { url, detail: 'it is no project page of API version 1' });
  }
  return (page.files as JsonFile[]).flatMap((file) => {
    if (typeof file.filename !== 'string' || typeof file.url !== 'string') return [];
    const sha256 = file.hashes?.['sha256'];
    const python = file['requires-python'];
    return toFile(file.filename, file.url, url, {
      ...(typeof sha256 === 'string' ? { sha256 } : {}),
      ...(typeof file.size === 'number' ? { size: file.size } : {}),
      ...(typeof python === 'string' ? { requiresPython: python } : {}),
      yanked: file.yanked !== undefined && file.yanked !== false,
    });
  });
}

/** Anchors of a page (PEP 503); a `base` element counts. */
export function parseHtml(text: string, url: string): IndexFile[] {
  const html = text.replaceAll(/<!--[\s\S]*?-->/g, '');
  const baseTag = /<base\s([^>]*)>/i.exec(html)?.[1];
  const base = resolveUrl(attribute(baseTag ?? '', 'href') ?? '', url) ?? url;
  return [...html.matchAll(/<a\s((?:[^>"']|"[^"]*"|'[^']*')*)>/gi)].flatMap(([, tag = '']) => {
    const href = attribute(tag, 'href');
    if (href === undefined) return [];
    const python = attribute(tag, 'data-requires-python');
    return toFile(undefined, href, base, {
      yanked: attribute(tag, 'data-yanked') !== undefined,
      ...(python === undefined ? {} : { requiresPython: python }),
    });
  });
}

function toFile(
  name: string | undefined,
  href: string,
  base: string,
  rest: Omit<IndexFile, 'file' | 'url'>,
): IndexFile[] {
  const resolved = resolveUrl(href, base);
  if (resolved === undefined) return [];
  const url = new URL(resolved);
  const fragment = /^#sha256=([0-9a-f]{64})$/i.exec(url.hash)?.[1];
  url.hash = '';
  const file = name ?? lastSegment(url);
  const sha256 = (rest.sha256 ?? fragment)?.toLowerCase();
  return [{ ...rest, file, url: url.href, ...(sha256 ? { sha256 } : {}) }];
}

function lastSegment(url: URL): string {
  const segment = url.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function resolveUrl(href: string, base: string): string | undefined {
  return URL.canParse(href, base) ? new URL(href, base).href : undefined;
}

function attribute(tag: string, name: string): string | undefined {
  const pattern = new RegExp(
    String.raw`(?:^|\s)${name}(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?(?=\s|/|$)`,
    'i',
  );
  const match = pattern.exec(tag);
  return match ? unescapeHtml(match[1] ?? match[2] ?? match[3] ?? '') : undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescapeHtml(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal, hex, name) => {
    if (decimal) return codePoint(Number(decimal));
    if (hex) return codePoint(Number.parseInt(hex as string, 16));
    return ENTITIES[name as string] ?? all;
  });
}

function codePoint(value: number): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd';
}
