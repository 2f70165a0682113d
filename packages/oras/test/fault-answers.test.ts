import { MEDIA_TYPES } from '@mlcontainer/oci';
import { isMlcError } from '@mlcontainer/plugin-kit';
import type { Fault, Misfortune, Occasion } from '@mlcontainer/testing';
import { describe, expect, it } from 'vitest';

import { pushGraph } from '../src/index.ts';
import { collect, content, graphOf, noise } from './support/contents.ts';
import { endOf, seed, withLab, type Lab } from './support/lab.ts';
import { IMAGE, OPERATIONS } from './support/operations.ts';

function fault(on: Occasion, ...then: readonly Misfortune[]): Fault {
  return { name: 'fault', on, then };
}

async function withFault(given: Fault, use: (lab: Lab) => Promise<void>): Promise<void> {
  await withLab({ registry: { faults: [given] } }, use);
}

const HEAD_TAG: Occasion = { endpoint: 'manifest', method: 'HEAD', nth: 1 };

describe('F6 Retry-After', () => {
  /** What is asked, and how long is waited; milliseconds. */
  const WAITS: readonly (readonly [asked: string, least: number, most: number])[] = [
    ['7', 7000, 7700],
    ['{date+30}', 29_000, 33_000],
    ['{date-30}', 1, 400],
    ['soon', 1, 400],
    ['-5', 1, 400],
    ['0', 1, 400],
    // No registry keeps anybody waiting for a day.
    ['86400', 60_000, 66_000],
  ];

  it.each(WAITS)('%s: waits %i to %i ms', (asked, least, most) => {
    const then: Misfortune = { kind: 'answer', status: 429, headers: { 'retry-after': asked } };
    return withFault(fault(HEAD_TAG, then), async ({ repository, clock, signal }) => {
      expect(await repository().headManifest('v1', { signal })).toBeUndefined();
      expect(clock.sleeps).toHaveLength(1);
      expect(clock.sleeps[0]).toBeGreaterThanOrEqual(least);
      expect(clock.sleeps[0]).toBeLessThanOrEqual(most);
    });
  });

  it('spreads clients that were told the same', async () => {
    const then: Misfortune = { kind: 'answer', status: 429, headers: { 'retry-after': '10' } };
    const waits = await Promise.all(
      [0, 0.25, 0.5, 0.75].map((chance) =>
        withLab(
          { registry: { faults: [fault(HEAD_TAG, then)] }, http: { random: () => chance } },
          async ({ repository, clock, signal }) => {
            await repository().headManifest('v1', { signal });
            return clock.sleeps[0];
          },
        ),
      ),
    );
    expect(new Set(waits).size).toBe(4);
  });
});

describe('F7 outages', () => {
  const down: Misfortune = {
    kind: 'answer',
    status: 500,
    body: '{"errors":[{"code":"UNKNOWN","message":"the store is down"}]}',
  };

  it('a manifest is sent whole each time', () =>
    withFault(
      fault({ endpoint: 'manifest', method: 'PUT', nth: [1, 2, 3, 4] }, down),
      async (lab) => {
        await pushGraph(lab.repository(), IMAGE, { signal: lab.signal });
        const { size } = IMAGE.manifest.descriptor;
        const sent = lab.registry.journal.of({ endpoint: 'manifest', method: 'PUT' });
        expect(sent.map(({ requestBytes }) => requestBytes)).toEqual([
          size,
          size,
          size,
          size,
          size,
        ]);
      },
    ));

  it('a blob is sent whole each time', () =>
    withFault(fault({ endpoint: 'upload', method: 'PUT', nth: [1, 2] }, down), async (lab) => {
      const [layer] = graphOf(40_000).blobs;
      await lab.repository().push(layer!, { signal: lab.signal });
      const sent = lab.registry.journal
        .of({ endpoint: 'upload', method: 'PUT' })
        .map(({ requestBytes }) => requestBytes);
      expect(sent).toEqual([40_000, 40_000, 40_000]);
    }));

  it('one more than is tried ends with what the registry said last', () =>
    withFault(fault({ endpoint: 'manifest' }, down), async ({ repository, signal }) => {
      const error: unknown = await repository()
        .resolve('v1', { signal })
        .catch((reason: unknown) => reason);
      expect(isMlcError(error) && error.code).toBe('MLC6505');
      expect(isMlcError(error) && error.data).toMatchObject({ status: 500 });
      const got: unknown = await repository()
        .getManifest('v1', { signal })
        .catch((reason: unknown) => reason);
      expect(isMlcError(got) && got.data.detail).toBe('UNKNOWN: the store is down');
    }));
});

describe('F9 other bytes than the digest says', () => {
  const [layer] = IMAGE.blobs;
  if (layer === undefined) throw new Error('the image has a layer');

  it.each([
    ['blob', 0],
    ['blob', -1],
    ['blob', 25_000],
    ['manifest', 100],
  ] as const)('pulled: a %s damaged at %i', (endpoint, at) =>
    withFault(fault({ endpoint, method: 'GET' }, { kind: 'damage', at }), async (lab) => {
      await seed(lab.registry, IMAGE);
      const source = lab.repository();
      const { signal } = lab;
      const work =
        endpoint === 'blob'
          ? collect(source.fetch(layer.descriptor, { signal }))
          : source.getManifest(IMAGE.manifest.descriptor, { signal });
      expect(await endOf(work)).toBe('MLC6513');
    }),
  );

  it('pushed: the registry counts another digest', () =>
    withFault(
      fault(
        { endpoint: 'upload', method: 'PUT' },
        { kind: 'answer', status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' },
      ),
      async ({ repository, signal }) =>
        expect(await endOf(pushGraph(repository(), IMAGE, { signal }))).toBe('MLC6521'),
    ));

  it('pushed: the content is not what its descriptor says', () =>
    withLab({}, async ({ repository, registry, signal }) => {
      const { descriptor } = content(noise(1000, 1), 'application/x');
      const other = { descriptor, open: content(noise(1000, 2), 'application/x').open };
      expect(await endOf(repository().push(other, { signal }))).toBe('MLC6521');
      expect(await registry.readBlob('team/app', descriptor.digest)).toBeUndefined();
    }));

  it('a digest of sha1 is refused before anything is asked', () =>
    withLab({}, async ({ repository, registry, signal }) => {
      const digest = `sha1:${'0'.repeat(40)}` as typeof layer.descriptor.digest;
      const descriptor = { ...layer.descriptor, digest };
      expect(await endOf(collect(repository().fetch(descriptor, { signal })))).toBe('MLC6514');
      expect(await endOf(repository().push({ ...layer, descriptor }, { signal }))).toBe('MLC6514');
      expect(registry.journal.entries).toEqual([]);
    }));
});

describe('F10 headers that are wrong or missing', () => {
  /** What is changed, where, and how a pull ends. */
  const CHANGES: readonly (readonly [string, Occasion, Misfortune, string])[] = [
    ...(['content-length', 'docker-content-digest', 'content-type', 'etag'] as const).flatMap(
      (name) =>
        (['HEAD', 'GET'] as const).map(
          (method) =>
            [
              `${method} of a manifest without ${name}`,
              { endpoint: 'manifest', method },
              { kind: 'change', headers: { [name]: null } },
              'done',
            ] as const,
        ),
    ),
    ...(['content-length', 'docker-content-digest', 'content-type', 'etag'] as const).map(
      (name) =>
        [
          `GET of a blob without ${name}`,
          { endpoint: 'blob', method: 'GET' },
          { kind: 'change', headers: { [name]: null } },
          'done',
        ] as const,
    ),
    [
      'GET of a blob with a Content-Length too large',
      { endpoint: 'blob', method: 'GET' },
      { kind: 'change', headers: { 'content-length': '99999' } },
      'MLC6513',
    ],
    [
      'GET of a blob with a Content-Length too small',
      { endpoint: 'blob', method: 'GET' },
      { kind: 'change', headers: { 'content-length': '10' } },
      'MLC6513',
    ],
    [
      'GET of a blob that is shorter, and says so',
      { endpoint: 'blob', method: 'GET' },
      { kind: 'shorten', to: 100 },
      'MLC6513',
    ],
    [
      'GET of a manifest by its digest with that of another, which nobody needs',
      { endpoint: 'manifest', method: 'GET' },
      { kind: 'change', headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
      'done',
    ],
    [
      'GET of a manifest as another type than its own',
      { endpoint: 'manifest', method: ['GET'] },
      { kind: 'change', headers: { 'content-type': MEDIA_TYPES.index } },
      'MLC6512',
    ],
    [
      'GET of a manifest that is not one',
      { endpoint: 'manifest', method: ['GET'] },
      { kind: 'answer', status: 200, body: '<html>Sign in</html>' },
      'MLC6513',
    ],
  ];
  const pull = OPERATIONS.find(({ name }) => name === 'pull');

  it.each(CHANGES)('%s', (_, on, then, expected) =>
    withFault(fault(on, then), async (lab) => {
      await pull?.prepare(lab);
      expect(await endOf(pull?.run(lab) ?? Promise.resolve())).toBe(expected);
    }),
  );

  it('GET of a manifest by tag with the digest of another', () => {
    const headers = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` };
    const given = fault({ endpoint: 'manifest', method: 'GET' }, { kind: 'change', headers });
    return withFault(given, async (lab) => {
      await seed(lab.registry, IMAGE);
      const asked = lab.repository().getManifest('v1', { signal: lab.signal });
      expect(await endOf(asked)).toBe('MLC6513');
    });
  });

  it.each([
    ['no Location of an upload', 'POST', { location: null }],
    ['a Location that is none', 'POST', { location: 'http://[' }],
    ['a Location of another scheme', 'POST', { location: 'ftp://127.0.0.1/x' }],
  ] as const)('%s', (_, method, headers) =>
    withFault(fault({ endpoint: 'uploads', method }, { kind: 'change', headers }), async (lab) => {
      const end = await endOf(pushGraph(lab.repository(), IMAGE, { signal: lab.signal }));
      expect(['MLC6506', 'MLC7007']).toContain(end);
    }),
  );
});

describe('F14 what does not end', () => {
  it('pages of tags', () =>
    withFault(
      fault(
        { endpoint: 'tags' },
        {
          kind: 'change',
          headers: { link: '</v2/team/app/tags/list?n=1000&last=t{nth}>; rel="next"' },
        },
      ),
      async ({ repository, registry, signal }) => {
        registry.seedManifest({
          ...{ repository: 'team/app', bytes: Buffer.from('{}'), mediaType: 'x', tags: ['a'] },
        });
        const seen = async (): Promise<void> => {
          for await (const _ of repository().tags({ signal })) continue;
        };
        expect(await endOf(seen())).toBe('MLC6506');
      },
    ));

  it('pages of referrers, also where each is the next of itself', async () => {
    for (const mark of ['{nth}', 'same']) {
      const link = `<{path}?after=${mark}>; rel="next"`;
      await withFault(
        fault({ endpoint: 'referrers' }, { kind: 'change', headers: { link } }),
        async ({ repository, registry, signal }) => {
          const asked = repository().referrers(IMAGE.manifest.descriptor, { signal });
          expect(await endOf(asked)).toBe('MLC6506');
          expect(registry.journal.entries.length).toBeLessThanOrEqual(1001);
        },
      );
    }
  });

  const huge = (status: number, type: string): Misfortune => ({
    kind: 'answer',
    status,
    headers: { 'content-type': type },
    body: Buffer.alloc(5 * 1024 * 1024, 'x'),
  });

  it('a manifest larger than registries take', () =>
    withFault(
      fault({ endpoint: 'manifest', method: 'GET' }, huge(200, MEDIA_TYPES.manifest)),
      async ({ repository, signal }) =>
        expect(await endOf(repository().getManifest('v1', { signal }))).toBe('MLC6512'),
    ));

  it('an error that tells a novel', () =>
    withFault(fault({}, huge(400, 'text/plain')), async ({ repository, signal }) => {
      const error: unknown = await repository()
        .getManifest('v1', { signal })
        .catch((reason: unknown) => reason);
      expect(isMlcError(error) && error.code).toBe('MLC6502');
      expect(String(error).length).toBeLessThan(2000);
    }));

  it('a list of referrers without end, and a token of 2 MiB', async () => {
    await withFault(fault({ endpoint: 'referrers' }, huge(200, MEDIA_TYPES.index)), async (lab) => {
      const asked = lab.repository().referrers(IMAGE.manifest.descriptor, { signal: lab.signal });
      expect(await endOf(asked)).toBe('MLC6506');
    });
    const authentication = { kind: 'bearer', users: {} } as const;
    const faults = [fault({ server: 'token' }, huge(200, 'application/json'))];
    await withLab({ registry: { authentication, faults } }, async ({ repository, signal }) => {
      expect(await endOf(repository().getManifest('v1', { signal }))).toBe('MLC6506');
    });
  });
});

describe('F21 Warning', () => {
  it('is told once, whatever it was sent with, and changes nothing', () => {
    const warning = '299 - "This registry is going away."';
    const then: Misfortune = { kind: 'change', headers: { warning } };
    return withFault(fault({}, then), async (lab) => {
      for (const operation of OPERATIONS) {
        await operation.prepare(lab);
        expect(await endOf(operation.run(lab))).toBe('done');
      }
      expect(lab.events.filter(({ code }) => code === 'registry-warning')).toEqual([
        {
          code: 'registry-warning',
          registry: lab.registry.host,
          text: 'This registry is going away.',
        },
      ]);
    });
  });
});

describe('F22 error bodies of any kind', () => {
  const BODIES = [
    '',
    '<html>no</html>',
    '{"errors":[]}',
    '{"errors":null}',
    '{"errors":"x"}',
    'null',
    '[]',
    '{',
    '\u0000\u001b[31m',
    '{"errors":[null,1,{"code":5}]}',
  ];

  it.each(OPERATIONS)('$name', async (operation) => {
    for (const body of BODIES) {
      for (const status of [400, 409, 418, 501]) {
        await withFault(
          fault({ nth: { from: 2 } }, { kind: 'answer', status, body }),
          async (lab) => {
            await operation.prepare(lab);
            expect(await endOf(operation.run(lab))).toMatch(/^MLC65\d\d$/);
          },
        );
      }
    }
  });
});
