import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectModel } from '../src/index.ts';
import { fixture, fixtureNames, inspectBytes, SKLEARN } from './helpers.ts';

interface Truth {
  readonly version: string;
  readonly className: string;
  readonly classes?: unknown[];
  readonly featureNames?: string[];
  readonly features?: number;
  readonly steps?: [string, string][];
}

const VERSIONS = ['1.3.2', '1.6.1', '1.9.1'];
const COMPRESSIONS = ['zlib', 'gzip', 'bz2', 'lzma', 'xz', 'lz4'];

describe.each(VERSIONS)('models of scikit-learn %s', (version) => {
  const folder = `sklearn-${version}`;
  const truth = JSON.parse(Buffer.from(fixture(`${folder}/truth.json`)).toString()) as Record<
    string,
    Truth
  >;

  test.each(fixtureNames(folder))('%s', async (name) => {
    const [model, extension] = [name.split(/[-.]/)[0]!, name.split('.').at(-1)!];
    const expected = truth[model]!;
    const { facts, findings } = await inspectBytes(fixture(`${folder}/${name}`), {
      allow: SKLEARN,
    });
    expect(findings).toEqual([]);
    expect(facts.packages[0]).toMatchObject({ name: 'scikit-learn', version: expected.version });
    expect(facts.estimator?.className).toBe(expected.className);
    expect(facts.estimator?.classes).toEqual(expected.classes);
    expect(facts.estimator?.steps?.map((step) => [step.name, step.className])).toEqual(
      expected.steps,
    );
    expect(facts.featureNames).toEqual(expected.featureNames);
    if (expected.features !== undefined)
      expect(facts.inputs[0]?.shape).toEqual([-1, expected.features]);
    expect(facts.format).toBe(extension === 'pkl' ? 'pickle' : 'joblib');
    expect(facts.compression).toBe(COMPRESSIONS.includes(extension) ? extension : 'none');
  });
});

test.each([0, 1, 2, 3, 4, 5])('arrays of every kind, protocol %i', async (protocol) => {
  // A record array is a class of its own, and no data type of it goes unchecked.
  const allow = ['numpy.rec.recarray'];
  for (const extension of ['joblib', 'pkl']) {
    const { findings } = await inspectBytes(fixture(`arrays-${protocol}.${extension}`), { allow });
    expect(findings).toEqual([]);
  }
});

test('numpy 2 is implied by its module names, numpy 1 implies nothing', async () => {
  const numpy = async (name: string) =>
    (await inspectBytes(fixture(name), { allow: SKLEARN })).facts.packages.find(
      (fact) => fact.name === 'numpy',
    );
  expect(await numpy('sklearn-1.9.1/pipeline.pkl')).toMatchObject({ specifier: '>=2' });
  expect(await numpy('sklearn-1.3.2/pipeline.pkl')).not.toHaveProperty('specifier');
});

test('protocols are read, those without PROTO as well', async () => {
  const protocols = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(
      async (p) =>
        (await inspectBytes(fixture(`sklearn-1.9.1/pipeline-${p}.pkl`))).facts.pickleProtocol,
    ),
  );
  expect(protocols).toEqual([0, 1, 2, 3, 4, 5]);
});

test('an lz4 model needs lz4 at run time', async () => {
  const { facts } = await inspectBytes(fixture('sklearn-1.9.1/pipeline-4.lz4'));
  expect(facts.packages.map((fact) => fact.name)).toEqual([
    'scikit-learn',
    'joblib',
    'lz4',
    'numpy',
  ]);
});

test.each([1, 2, 3, 7, 64])('pieces of %i bytes change nothing', async (piece) => {
  const names = [
    ...COMPRESSIONS.map((c) => `sklearn-1.9.1/pipeline-4.${c}`),
    'sklearn-1.9.1/forest.pkl',
    'sklearn-1.9.1/pipeline-0.pkl',
  ];
  for (const name of names) {
    const whole = await inspectBytes(fixture(name), { allow: SKLEARN });
    expect(await inspectBytes(fixture(name), { allow: SKLEARN, piece })).toEqual(whole);
  }
});

describe('files', () => {
  let folder: string;
  const { signal } = new AbortController();
  beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'inspect-'))));
  afterAll(() => rm(folder, { recursive: true }));

  test('hash, size and name are those of the whole file, even behind a fault', async () => {
    const bytes = Buffer.concat([
      fixture('sklearn-1.9.1/pipeline-4.zlib'),
      Buffer.alloc(700_000, 1),
    ]);
    const file = path.join(folder, 'model.joblib');
    await writeFile(file, bytes);
    const { facts, findings } = await inspectModel(file, { allowedGlobals: SKLEARN, signal });
    expect(facts).toMatchObject({
      fileName: 'model.joblib',
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(findings.map((finding) => finding.code)).toEqual(['MLC3032']);
    expect(facts.estimator?.className).toBe('sklearn.pipeline.Pipeline');
  });

  test('the name can be given', async () => {
    const file = fileURLToPath(new URL('./fixtures/plain.pkl', import.meta.url));
    expect(
      (await inspectModel(file, { allowedGlobals: [], fileName: 'm', signal })).facts.fileName,
    ).toBe('m');
  });

  test('a missing file, a folder and an aborted signal throw', async () => {
    const options = { allowedGlobals: [], signal };
    await expect(inspectModel(path.join(folder, 'none'), options)).rejects.toMatchObject({
      code: 'MLC3001',
    });
    await expect(inspectModel(folder, options)).rejects.toMatchObject({ code: 'MLC3002' });
    const aborted = { allowedGlobals: [], signal: AbortSignal.abort() };
    await expect(inspectModel(folder, aborted)).rejects.toThrow('abort');
  });
});
