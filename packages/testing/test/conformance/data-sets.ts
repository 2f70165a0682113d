import {
  addBlob,
  addConfig,
  addEmpty,
  addImage,
  addIndex,
  addLayer,
  newContent,
  type Content,
  type Descriptor,
} from './content.ts';
import { digestOf, someBytes } from './wire.ts';

const FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
const TYPE = 'application/vnd.example.conformance';
const NOTE = { 'org.example.conformance': 'hello conformance test' };

function platforms(content: Content, fields: Record<string, unknown> = {}): readonly Descriptor[] {
  return ['amd64', 'arm64'].map((architecture) => ({
    ...addImage(content, fields),
    platform: { os: 'linux', architecture },
  }));
}

function artifact(content: Content, fields: Record<string, unknown> = {}): Descriptor {
  const layers = [addBlob(content, TYPE, someBytes(100))];
  return addImage(content, { artifactType: TYPE, config: addEmpty(content), layers, ...fields });
}

/** A set by what fills it, tagged where it has a top. */
function set(fill: (content: Content) => Descriptor | undefined, algorithm?: string): Content {
  const content = newContent(algorithm);
  const top = fill(content);
  if (top !== undefined) content.tags.set(`tag-${top.digest.slice(-12)}`, top.digest);
  return content;
}

/** The kinds of content of the official suite, by its names for them. */
export const DATA_SETS: Readonly<Record<string, () => Content>> = {
  image: () => set((content) => addImage(content)),
  'image-uncompressed': () =>
    set((content) => addImage(content, { layers: [addLayer(content, false)] })),
  'large-manifest': () =>
    set((content) => {
      const rows = Array.from({ length: 300 }, (_, row) => [`large-${row}`, 'A'.repeat(10_000)]);
      return addImage(content, { annotations: Object.fromEntries(rows) as unknown });
    }),
  index: () => set((content) => addIndex(content, platforms(content))),
  'nested-index': () =>
    set((content) =>
      addIndex(content, [
        addIndex(content, platforms(content)),
        addIndex(content, platforms(content)),
      ]),
    ),
  'empty-index': () =>
    set((content) =>
      addIndex(content, [], { annotations: { seed: someBytes(8).toString('hex') } }),
    ),
  artifact: () => set((content) => artifact(content)),
  'artifact-index': () =>
    set((content) => addIndex(content, platforms(content), { artifactType: TYPE })),
  'artifact-without-layers': () =>
    set((content) => {
      const empty = addEmpty(content);
      const annotations = { seed: someBytes(8).toString('hex') };
      return addImage(content, { artifactType: TYPE, config: empty, layers: [empty], annotations });
    }),
  'artifacts-with-subject': () =>
    set((content) => {
      const subject = addImage(content);
      artifact(content, { subject, annotations: NOTE });
      // Without an artifactType it has that of its config.
      addImage(content, {
        subject,
        config: { ...addBlob(content, `${TYPE}.config`, someBytes(9)) },
      });
      artifact(content, { subject, artifactType: `${TYPE}.other`, annotations: NOTE });
      return subject;
    }),
  'index-with-subject': () =>
    set((content) => {
      const subject = addIndex(content, platforms(content));
      addIndex(content, platforms(content), { subject, artifactType: TYPE, annotations: NOTE });
      return subject;
    }),
  'missing-subject': () =>
    set((content) => {
      const missing = digestOf(someBytes(64));
      const subject = {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: missing,
        size: 64,
      };
      return artifact(content, { subject, annotations: NOTE });
    }),
  'data-field': () =>
    set((content) => {
      const empty = { ...addEmpty(content), data: Buffer.from('{}').toString('base64') };
      return addImage(content, { artifactType: TYPE, config: empty });
    }),
  'non-distributable-layers': () =>
    set((content) => {
      const bytes = someBytes(300);
      const layer = addBlob(content, FOREIGN, bytes, { isAbsent: true });
      const urls = [`https://store.example.com/${layer.digest}`];
      return addImage(content, { layers: [addLayer(content), { ...layer, urls }] });
    }),
  'custom-fields': () =>
    set((content) => {
      const config = { ...addConfig(content), 'org.example.more': [1, 2] };
      return addIndex(content, [addImage(content, { config, extra: { some: 'thing' } })], {
        extra: 1,
      });
    }),
  'no-layers': () => set((content) => addImage(content, { layers: [] })),
  // By digest alone: a tag would give them their sha256.
  sha512: () => set((content) => void addIndex(content, platforms(content)), 'sha512'),
};
