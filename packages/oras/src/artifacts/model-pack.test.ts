import { expect, test } from 'vitest';
import { modelFacts } from '../../test/support/model.ts';
import { codeOf, signal, textContent, withFolder } from '../../test/support/graph.ts';
import { collect } from '../copy/collect.ts';
import { openLayoutTarget } from '../layout/target.ts';
import { MODEL_PACK_TYPES, modelPack, pushModelPack, type ModelPackSpec } from './model-pack.ts';

const { facts, open } = modelFacts('a model');
const DIGEST = `sha256:${facts.sha256}`;

async function jsonOf({ open: read }: { open(): AsyncIterable<Uint8Array> }) {
  return JSON.parse(Buffer.from(await collect(read())).toString()) as Record<string, unknown>;
}

/** Members that the specification's schema allows (schema/config-schema.json): it takes no others. */
const MEMBERS = {
  descriptor:
    'createdAt authors family name docURL sourceURL datasetsURL version revision vendor licenses title description',
  config: 'architecture format paramSize precision quantization capabilities',
  modelfs: 'type diffIds',
};

async function configOf(spec: ModelPackSpec) {
  const config = await jsonOf(modelPack(spec).config);
  expect(Object.keys(config)).toEqual(Object.keys(MEMBERS));
  for (const [member, allowed] of Object.entries(MEMBERS)) {
    expect(allowed.split(' ')).toEqual(expect.arrayContaining(Object.keys(config[member] ?? {})));
  }
  return config;
}

test('the manifest is that of a model', async () => {
  const { manifest, config } = modelPack({ facts, name: 'churn' });
  expect(manifest.descriptor.artifactType).toBe('application/vnd.cncf.model.manifest.v1+json');
  expect(await jsonOf(manifest)).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.cncf.model.manifest.v1+json',
    config: config.descriptor,
    layers: [
      {
        mediaType: 'application/vnd.cncf.model.weight.v1.raw',
        digest: DIGEST,
        size: facts.size,
        annotations: {
          'org.cncf.model.file.mediatype.untested': 'false',
          'org.cncf.model.file.metadata+json':
            '{"name":"model.joblib","mode":420,"uid":0,"gid":0,"size":7,"mtime":"1970-01-01T00:00:00Z","typeflag":48}',
          'org.cncf.model.filepath': 'model.joblib',
          'org.opencontainers.image.title': 'model.joblib',
        },
      },
    ],
    annotations: {
      'dev.mlcontainer.model.estimator': 'sklearn.svm._classes.SVC',
      'dev.mlcontainer.model.packages': 'scikit-learn==1.9.1 numpy>=2',
    },
  });
});

test('the config has what the schema asks for, and nothing else', async () => {
  expect(await configOf({ facts, name: 'churn' })).toEqual({
    descriptor: { name: 'churn' },
    config: { format: 'joblib' },
    modelfs: { type: 'layers', diffIds: [DIGEST] },
  });
  const createdAt = '2026-01-02T03:04:05Z';
  const full = await configOf({ facts, name: 'churn', version: '1', createdAt });
  expect(full['descriptor']).toEqual({ createdAt, name: 'churn', version: '1' });
});

test('an image layer can be the weights', async () => {
  const { descriptor } = textContent('a tar');
  const { digest, size } = descriptor;
  const weights = { mediaType: MODEL_PACK_TYPES.weightTar, digest, size, diffId: digest };
  const pack = modelPack({ facts, name: 'churn', weights, filePath: 'srv/model/model.joblib' });
  expect(pack.weights).toMatchObject({ mediaType: weights.mediaType, digest, size });
  expect(pack.weights.annotations).not.toHaveProperty(['org.opencontainers.image.title']);
  expect(await jsonOf(pack.config)).toMatchObject({ modelfs: { diffIds: [digest] } });
});

test('the same model is the same artifact, and it is pushed whole', () =>
  withFolder(async (folder) => {
    const target = openLayoutTarget(folder);
    const spec = { facts, name: 'churn' };
    const first = await pushModelPack(target, spec, open, { signal, tag: 'v1' });
    const again = await pushModelPack(target, spec, open, { signal });
    expect(again).toMatchObject({ descriptor: first.descriptor, sent: 0 });
    expect((await target.resolve('v1', { signal })).digest).toBe(first.descriptor.digest);
    const other = () => textContent('other!!').open();
    const changed = { ...facts, sha256: '0'.repeat(64) };
    const push = pushModelPack(target, { ...spec, facts: changed }, other, { signal });
    expect(await codeOf(push)).toBe('MLC6513');
  }));
