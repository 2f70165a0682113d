import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMlcError, mlcError, nearest, type ConfigEnv } from '@mlcontainer/plugin-kit';
import type { ConfigBundle } from './bundle.ts';
import { firstPlace, mapStack } from './stack.ts';

/** `import()` of a URL. */
export type ImportModule = (url: string) => Promise<{ default?: unknown }>;

const importHere: ImportModule = (url) => import(url) as ReturnType<ImportModule>;

interface EvaluateOptions {
  readonly env: ConfigEnv;
  readonly signal: AbortSignal;
  readonly importModule: ImportModule | undefined;
}

/**
 * Runs a bundled config and gives what it exports, awaited, and called where it is a function.
 * Throws MLC1007 with the user's own line when its code throws, MLC1008 when nothing is exported.
 */
export async function evaluateConfig(
  file: string,
  bundle: ConfigBundle,
  { env, signal, importModule = importHere }: EvaluateOptions,
): Promise<unknown> {
  const address = { url: '' };
  try {
    const module = await untilAborted(importBundle(file, bundle, address, importModule), signal);
    const exported = await untilAborted(defaultExport(module), signal);
    return await untilAborted(isFunction(exported) ? exported(env) : exported, signal);
  } catch (cause) {
    if (isMlcError(cause) || signal.aborted) throw cause;
    throw await thrown(file, bundle, { url: address.url, importModule }, cause);
  }
}

function isFunction(value: unknown): value is (env: ConfigEnv) => unknown {
  return typeof value === 'function';
}

/** CommonJS written by a compiler keeps its default export in a property. */
function defaultExport(module: { default?: unknown }): unknown {
  const value = module.default as { __esModule?: boolean; default?: unknown } | undefined;
  return value?.__esModule === true && 'default' in value ? value.default : value;
}

async function untilAborted<T>(value: T | Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([value, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Imports from a file, so that stacks and debuggers can name it; from memory where nothing can be written. */
async function importBundle(
  file: string,
  bundle: ConfigBundle,
  address: { url: string },
  importModule: ImportModule,
): Promise<{ default?: unknown }> {
  const written = await writeTemporary(file, bundle.code);
  address.url = written === undefined ? dataUrl(bundle.code) : pathToFileURL(written).href;
  try {
    return await importModule(address.url);
  } finally {
    if (written !== undefined) await removeTemporary(written);
  }
}

function dataUrl(code: string): string {
  return `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
}

/**
 * Below the nearest node_modules that exists: none is made for a project that has none. Named by its content, so that
 * what Node keeps of compiled code is found again; where another process has that file, by chance.
 */
async function writeTemporary(file: string, code: string): Promise<string | undefined> {
  const modules = await nearestModules(dirname(file));
  if (modules === undefined) return undefined;
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const unique = `${process.pid}.${randomBytes(6).toString('hex')}`;
  const pathOf = (name: string) => join(modules, '.mlcontainer', `${basename(file)}.${name}.mjs`);
  const first = pathOf(hash);
  const written = evaluated.has(first) ? undefined : await writeNew(first, code);
  evaluated.add(first);
  return written ?? writeNew(pathOf(unique), code);
}

/** Node runs what is at one address once a process, and a config is run each time that it is loaded. */
const evaluated = new Set<string>();

async function writeNew(path: string, code: string): Promise<string | undefined> {
  let isOurs = false;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'wx');
    isOurs = true;
    await handle.writeFile(code).finally(() => handle.close());
    return path;
  } catch (error) {
    if (isOurs) await rm(path, { force: true }).catch(() => undefined);
    if (isWriteRefusal(error)) return undefined;
    throw error;
  }
}

function isWriteRefusal(error: unknown): boolean {
  // ENOENT: another process removed the folder between our two calls.
  const refusals = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'ENOENT'];
  return refusals.includes((error as NodeJS.ErrnoException).code ?? '');
}

async function nearestModules(folder: string): Promise<string | undefined> {
  const path = join(folder, 'node_modules');
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (isFolder) return path;
  return dirname(folder) === folder ? undefined : nearestModules(dirname(folder));
}

async function removeTemporary(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
  // Fails while another process has its own file there, which is right.
  await rmdir(dirname(path)).catch(() => undefined);
}

async function thrown(
  file: string,
  bundle: ConfigBundle,
  { url, importModule }: { url: string; importModule: ImportModule },
  cause: unknown,
): Promise<Error> {
  if (!(cause instanceof Error)) {
    return mlcError('MLC1007', { file, detail: `threw ${String(cause)}` }, { cause });
  }
  if (url !== '') rewriteStack(cause, url, bundle);
  const place = firstPlace(cause.stack ?? '', bundle.inputs) ?? { file };
  const detail = await describe(cause, bundle.notes.specifiers, importModule);
  return mlcError('MLC1007', { ...place, detail }, { cause });
}

function rewriteStack(error: Error, url: string, bundle: ConfigBundle): void {
  const stack = mapStack(error.stack ?? '', url, bundle);
  // A frozen error keeps its stack.
  Reflect.set(error, 'stack', stack);
}

/** The message with the specifiers that the user wrote in place of addresses, and the export that was meant. */
async function describe(
  error: Error,
  specifiers: ReadonlyMap<string, string>,
  importModule: ImportModule,
): Promise<string> {
  let text = error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  for (const [address, specifier] of specifiers) text = text.replaceAll(address, specifier);
  const missing = /module '(.+)' does not provide an export named '(.+)'/.exec(text);
  if (!missing?.[1] || !missing[2]) return text;
  const names = await exportsOf(missing[1], specifiers, importModule);
  const [meant] = nearest(missing[2], names);
  return meant === undefined ? text : `${text}; did you mean ${meant}?`;
}

async function exportsOf(
  specifier: string,
  specifiers: ReadonlyMap<string, string>,
  importModule: ImportModule,
): Promise<string[]> {
  const address = [...specifiers].find(([, written]) => written === specifier)?.[0];
  if (address === undefined) return [];
  return Object.keys(await importModule(address).catch(() => ({})));
}
