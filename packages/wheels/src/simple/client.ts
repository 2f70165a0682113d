import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mlcError, type Ports } from '@mlcontainer/plugin-kit';
import { normalizeName } from '../names/normalize.ts';
import { reach } from '../settings/reach.ts';
import { addressOf, type Place, secret } from '../settings/secret.ts';
import type { PythonSettings } from '../settings/settings.ts';
import { ACCEPT, type IndexFile, parseHtml, parsePage } from './page.ts';

/** What asking an index takes. */
export interface ClientContext {
  readonly ports: Pick<Ports, 'http'>;
  readonly signal: AbortSignal;
  readonly settings: PythonSettings;
}

/** A file listed somewhere, with the place to ask at (credentials of the listing's own origin in it). */
export interface ListedFile extends IndexFile {
  readonly place: Place;
  /** The page that named it, where that came from the network. */
  readonly namedBy?: string;
}

const PAGE_LIMIT = 256 * 1024 * 1024;

/**
 * The files of a project at one index; undefined where the index does not have the project. A `file:` index is a
 * folder of folders with `index.html`. Throws MLC5021 on 401 and 403, MLC5022 on an answer that is no project page,
 * MLC7xxx where there is none.
 */
export async function projectFiles(
  index: Place,
  project: string,
  cx: ClientContext,
): Promise<ListedFile[] | undefined> {
  const url = projectUrl(addressOf(index), project);
  if (url.startsWith('file:')) return localPage(fileURLToPath(url), index);
  return remotePage(url, ACCEPT, index, cx);
}

/** The files of one find-links place: a folder, or a page with links. Undefined where there is nothing. */
export async function linkedFiles(
  links: Place,
  cx: ClientContext,
): Promise<ListedFile[] | undefined> {
  if (links.url.startsWith('/')) return localPage(links.url, links);
  return remotePage(addressOf(links), 'text/html', links, cx);
}

function projectUrl(index: string, project: string): string {
  const url = new URL(index);
  url.pathname = `${url.pathname.replace(/\/*$/, '')}/${normalizeName(project)}/`;
  return url.href;
}

async function remotePage(
  url: string,
  accept: string,
  from: Place,
  cx: ClientContext,
): Promise<ListedFile[] | undefined> {
  const response = await cx.ports.http.request({
    url,
    headers: { accept },
    purpose: 'wheel index',
    signal: cx.signal,
    ...reach(cx.settings, url),
  });
  if (response.status !== 200) await response.cancel();
  if (response.status === 404 || response.status === 410) return undefined;
  if (response.status === 401 || response.status === 403) {
    throw mlcError('MLC5021', { url: response.url, status: response.status });
  }
  if (response.status !== 200) {
    throw mlcError('MLC7002', {
      purpose: 'wheel index',
      url: response.url,
      status: response.status,
      detail: '',
    });
  }
  const text = await readText(response.body, response.url);
  return parsePage(text, response.header('content-type') ?? '', response.url).map((file) => ({
    ...listed(file, from),
    namedBy: response.url,
  }));
}

async function readText(body: AsyncIterable<Uint8Array>, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > PAGE_LIMIT) throw mlcError('MLC5022', { url, detail: 'the page is too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function localPage(path: string, from: Place): Promise<ListedFile[] | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return undefined;
  if (info.isFile())
    return parseHtml(await readFile(path, 'utf8'), pathToFileURL(path).href).map((file) =>
      listed(file, from),
    );
  const page = join(path, 'index.html');
  const text = await readFile(page, 'utf8').catch(() => undefined);
  if (text !== undefined)
    return parseHtml(text, pathToFileURL(page).href).map((file) => listed(file, from));
  const names = await readdir(path);
  return names
    .sort()
    .map((file) =>
      listed({ file, url: pathToFileURL(join(path, file)).href, yanked: false }, from),
    );
}

/** A file at the origin of its listing is asked for with the listing's credentials; no other host ever sees them. */
function listed(file: IndexFile, from: Place): ListedFile {
  const address = addressOf(from);
  if (!from.full || !URL.canParse(address)) return { ...file, place: { url: file.url } };
  const source = new URL(address);
  const target = new URL(file.url);
  if (source.origin !== target.origin) return { ...file, place: { url: file.url } };
  target.username = source.username;
  target.password = source.password;
  return { ...file, place: { url: file.url, full: secret(target.href) } };
}
