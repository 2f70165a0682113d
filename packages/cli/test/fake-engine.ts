import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineEvent, Host } from '@mlcontainer/plugin-kit';
import { mlcError } from '@mlcontainer/plugin-kit';
import { cloudRun } from '@mlcontainer/target-cloud-run';
import { FACTS, PLAN } from './fake-plan.ts';
import type {
  BuildReport,
  EngineContext,
  OutputKind,
  PushedImage,
  PushTarget,
} from '@mlcontainer/core';
import type { Engine } from '../src/engine.ts';

/** The functions of the engine with its arguments, and whatever results a test needs. */
type LooseEngine = {
  readonly [Name in keyof Engine]: (...args: Parameters<Engine[Name]>) => unknown;
};

/** What a fake engine does differently from its defaults. */
export interface FakeOptions {
  /** Milliseconds between two events; 0 for a test. */
  readonly pace?: number;
  readonly failWith?: Error;
  readonly over?: Partial<LooseEngine>;
}

const LAYERS: readonly (readonly [slot: string, title: string, size: number, reused: boolean])[] = [
  ['system', 'Debian bookworm base files', 1_204_882, true],
  ['system', 'libc6 2.36-9+deb12u10', 2_754_120, true],
  ['runtime', 'Python 3.11 and its standard library', 9_822_114, true],
  ['dependencies', 'numpy 2.4.1', 16_344_221, false],
  ['dependencies', 'scipy 1.17.0', 35_102_884, false],
  ['dependencies', 'scikit-learn 1.9.1', 9_411_002, false],
  [
    'dependencies',
    'joblib, threadpoolctl, orjson, uvicorn, uvloop, httptools and 3 more',
    5_110_332,
    false,
  ],
  ['app', 'server configuration', 1_402, false],
  ['model', 'model.joblib', 48_213, false],
];

export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

async function play(
  cx: EngineContext,
  events: readonly EngineEvent[],
  pace: number,
): Promise<void> {
  for (const event of events) {
    cx.signal.throwIfAborted();
    if (pace > 0) await sleep(pace, undefined, { signal: cx.signal });
    cx.host.notify(event);
  }
}

function stage(
  stage: Extract<EngineEvent, { code: 'stage-done' }>['stage'],
  ms: number,
  summary: string,
): EngineEvent[] {
  return [
    { code: 'stage-start', stage },
    { code: 'stage-done', stage, ms, summary },
  ];
}

function downloads(): EngineEvent[] {
  return LAYERS.slice(3, 6).flatMap(([, title, size]): EngineEvent[] => {
    const name = `${title.replace(' ', '-')}-cp311-cp311-manylinux_2_27_x86_64.whl`;
    const steps = [0.1, 0.35, 0.6, 0.9].map((part): EngineEvent => ({
      code: 'input-progress',
      name,
      received: Math.round(size * part),
      size,
    }));
    return [
      { code: 'input-start', name, size },
      ...steps,
      { code: 'input-done', name, size, reused: false },
    ];
  });
}

function layerEvents(): EngineEvent[] {
  return LAYERS.flatMap(([slot, title, size, reused], index): EngineEvent[] => [
    { code: 'layer-start', id: `${index}`, slot, title },
    {
      code: 'layer-done',
      id: `${index}`,
      slot,
      title,
      digest: digestOf(title),
      size,
      ms: reused ? 0 : size / 40_000,
      reused,
    },
  ]);
}

export const BUILD_EVENTS: readonly EngineEvent[] = [
  ...stage('lock', 840, '34 Debian packages, 12 wheels'),
  { code: 'warning', plugin: 'target-cloud-run', message: 'arm64 is limited on this target' },
  { code: 'stage-start', stage: 'layers' },
  ...downloads(),
  ...layerEvents(),
  { code: 'stage-done', stage: 'layers', ms: 1930, summary: '9 layers, 3 reused' },
  ...stage('image', 2, digestOf('image')),
  ...stage('outputs', 61, 'dist/diabetes/image'),
  { code: 'output', kind: 'layout', path: 'dist/diabetes/image', digest: digestOf('image') },
  ...stage('specs', 1, '1 file'),
];

/** An engine that tells the events of a build and does nothing; what commands do with it is what is tested. */
export function fakeEngine({ pace = 0, failWith, over = {} }: FakeOptions = {}): Engine {
  const engine: LooseEngine = {
    createContext: ({ cwd, host, signal }: { cwd: string; host: Host; signal: AbortSignal }) => ({
      cwd,
      host,
      signal,
    }),
    openProject: async (cx, { command, mode }) => {
      await play(cx, stage('config', 31, `${cx.cwd}/mlcontainer.config.ts`), pace);
      if (failWith) throw failWith;
      return {
        root: cx.cwd,
        file: `${cx.cwd}/mlcontainer.config.ts`,
        inputs: [command, mode],
        plugins: [cloudRun()],
        config: { name: 'diabetes', platforms: ['linux/amd64'] },
      };
    },
    inspectFile: () => Promise.resolve({ facts: FACTS, findings: [] }),
    validateImage: () => Promise.resolve({ findings: [], images: [] }),
    makePlan: async (cx, project) => {
      await play(
        cx,
        [
          ...stage('facts', 4, 'joblib, scikit-learn 1.9.1'),
          ...stage('plan', 12, '2 contributions'),
        ],
        pace,
      );
      const platforms = project.config.platforms.map((name) => ({
        os: 'linux' as const,
        architecture: name === 'linux/arm64' ? ('arm64' as const) : ('amd64' as const),
      }));
      return { ...PLAN, platforms };
    },
    readPlan: (cx) => Promise.resolve({ plan: PLAN, root: cx.cwd }),
    diffPlans: (before, after) =>
      before.platforms.length === after.platforms.length
        ? []
        : [{ path: 'platforms.1', after: 'linux/arm64' }],
    artifactAttach: real,
    artifactCopy: real,
    artifactDiscover: real,
    artifactPull: real,
    artifactPush: real,
    withRegistries: real,
    vendor: (cx, { to }) => ({
      digest: digestOf('bundle') as `sha256:${string}`,
      size: 81_000_000,
      inputs: 46,
      place: 'file' in to ? `${cx.cwd}/${to.file}` : `${to.repository}:${to.tag}`,
    }),
    pushTarget: async (text) => {
      const [repository = '', tag] = text.split(/:(?=[^/]*$)/);
      return { repository, ...(tag === undefined ? {} : { tag }) };
    },
    planHosts: () =>
      Promise.resolve([{ host: 'debian.example', purpose: 'Debian mirror', source: 'config' }]),
    readLock: () => Promise.resolve(undefined),
    makeLock: async (cx) => {
      await play(cx, BUILD_EVENTS.slice(0, 2), pace);
      return { debian: [{ packages: [1, 2] }], python: [{ packages: [1] }] };
    },
    explain: (plan, _lock, subject) =>
      plan.decisions.filter(
        (decision) => subject === undefined || decision.subject.includes(subject),
      ),
    build: async (cx, { outDir, outputs, push }) => {
      await play(cx, BUILD_EVENTS, pace);
      return report(`${cx.cwd}/${outDir}/diabetes`, outputs, push);
    },
    runImage: (options, cx) => {
      cx.host.notify({ code: 'container-log', stream: 'stdout', line: '{"message":"ready"}' });
      const exited = options.signal.aborted ? Promise.resolve(143) : once(options.signal);
      return Promise.resolve({
        engine: 'crun',
        url: `http://127.0.0.1:${options.port}`,
        ready: Promise.resolve(),
        exited,
        stop: () => Promise.resolve(),
      });
    },
    doctor: () =>
      Promise.resolve({
        checks: [
          { name: 'node', status: 'ok', detail: '24.21.0' },
          { name: 'store', status: 'ok', detail: 'writable, 12.1 GB free' },
          {
            name: 'uv',
            status: 'warn',
            detail: 'not on PATH',
            fix: 'It is fetched when it is needed.',
          },
        ],
      }),
    configJsonSchema: () => ({ title: 'mlcontainer.config' }),
    cacheInfo: () =>
      Promise.resolve({ path: '/store', kinds: [{ kind: 'blobs', count: 12, size: 62_200_000 }] }),
    cachePrune: () => Promise.resolve({ count: 3, size: 1_000_000 }),
    ...over,
  };
  // A fake keeps to what commands read; the core's own types ask for much more.
  return engine as unknown as Engine;
}

/** Artifacts are tested on the real core: a layout in a folder is all that they need. */
function real(): never {
  throw new Error('this test needs the real core');
}

function once(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(143), { once: true }),
  );
}

export function report(
  folder: string,
  outputs: readonly OutputKind[] = ['layout'],
  push?: PushTarget,
): BuildReport {
  const layers = LAYERS.map(([slot, title, size, reused]) => ({
    title,
    slot,
    owner: 'core',
    recipe: digestOf(slot),
    digest: digestOf(title),
    size,
    reused,
    because: reused ? 'same recipe' : 'new',
    ms: 0,
  }));
  return {
    schemaVersion: 1,
    name: 'diabetes',
    digest: digestOf('image'),
    reference: `diabetes@${digestOf('image')}`,
    images: [
      {
        platform: 'linux/amd64',
        digest: digestOf('image'),
        size: layers.reduce((sum, layer) => sum + layer.size, 0),
        uncompressedSize: 240_000_000,
        layers,
      },
    ],
    ...(outputs.includes('layout') ? { layout: `${folder}/image` } : {}),
    ...(outputs.includes('archive') ? { archive: `${folder}/image.tar` } : {}),
    ...(outputs.includes('registry') ? { pushed: pushed(push) } : {}),
    targets: [
      { name: 'target-cloud-run', files: [`${folder}/targets/target-cloud-run/service.yaml`] },
    ],
    inputs: { debian: 34, wheels: 12 },
    ms: 2210,
  };
}

/** Every way a config can be wrong, for a look at the rendering. */
export function configError(cwd: string): Error {
  const file = `${cwd}/mlcontainer.config.ts`;
  return mlcError('MLC1009', {
    file,
    problems: [
      {
        path: 'plugin',
        expected: 'a known key',
        got: '"plugin"',
        hint: 'Did you mean `plugins`?',
        file,
        line: 6,
        column: 3,
      },
      {
        path: 'platforms[1]',
        expected: '"linux/amd64" or "linux/arm64"',
        got: '"arm64"',
        hint: 'Did you mean "linux/arm64"?',
        file,
        line: 8,
        column: 29,
      },
    ],
  });
}

function pushed(push: PushTarget | undefined): PushedImage {
  return {
    reference: `${push?.repository ?? 'registry.example/team/diabetes'}@${digestOf('image')}`,
    tags: push?.tags ?? [],
    blobs: { present: 17, mounted: 0, uploaded: 2 },
    sent: 2400,
  };
}
