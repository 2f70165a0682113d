import { glob, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { catalogue } from '@mlcontainer/plugin-kit';
import { describe, expect, it } from 'vitest';
import { readApi } from '../src/docs/api.ts';
import { errorsPage } from '../src/docs/errors.ts';
import { outdatedPages, referencePages } from '../src/docs/reference.ts';
import { ROOT } from '../src/task.ts';
import { publishedPackages } from '../src/workspace.ts';

const CODES = Object.keys(catalogue).toSorted();

/** The text of everything that ships, without tests and without the catalogue itself. */
async function shippedSources(): Promise<string> {
  const texts: string[] = [];
  for await (const path of glob('{packages,plugins}/*/src/**/*.ts', { cwd: ROOT }))
    if (!path.endsWith('.test.ts') && !path.includes('/catalogue/'))
      texts.push(await readFile(join(ROOT, path), 'utf8'));
  return texts.join('\n');
}

describe('reference', () => {
  it('is up to date', async () => {
    expect(await outdatedPages(referencePages())).toEqual([]);
  });

  it('documents every error code', () => {
    const { text } = errorsPage();
    expect(CODES.filter((code) => !text.includes(`### ${code}: `))).toEqual([]);
  });

  it('shows no value that a text failed to render', () => {
    expect(errorsPage().text).not.toMatch(/undefined|\[object|NaN/);
  });
});

describe('error catalogue', () => {
  it('holds no code that nothing throws', async () => {
    const sources = await shippedSources();
    expect(CODES.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
  });

  it('knows every code that the sources mention', async () => {
    const mentioned = new Set((await shippedSources()).match(/\bMLC\d{4}\b/g));
    expect([...mentioned].filter((code) => !CODES.includes(code))).toEqual([]);
  });

  it('uses four digits', () => {
    expect(CODES.filter((code) => !/^MLC\d{4}$/.test(code))).toEqual([]);
  });
});

describe('documentation of exports', () => {
  it('is there for everything that a package exports', async () => {
    const folders = (await publishedPackages()).map(({ folder }) => relative(ROOT, folder));
    const api = readApi(folders);
    const undocumented = folders.flatMap((folder) =>
      api
        .entries(folder)
        .filter(({ doc }) => doc === '')
        .map(({ name, file }) => `${folder}/src/${file}: ${name}`),
    );
    expect(folders.length).toBeGreaterThan(10);
    expect(undocumented).toEqual([]);
  });
});
