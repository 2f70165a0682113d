import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ciFiles } from '../src/ci/files.ts';
import { CI_SYSTEMS, type CiFacts, type CiSystem } from '../src/ci/types.ts';
import { installCiTools, type Check, type CiTools } from './ci-tools.ts';

const exec = promisify(execFile);

const PROJECTS: Readonly<Record<string, CiFacts>> = {
  'a repository of its own': {
    folder: '',
    packageLock: 'package-lock.json',
    node: '24.21.0',
    image: 'churn',
  },
  'a folder of a repository': {
    folder: "services/churn's model",
    packageLock: "services/churn's model/package-lock.json",
    node: '24.21.0',
    image: 'churn',
  },
};

let home: string;
let tools: CiTools;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mlc-ci-'));
  tools = await installCiTools(home);
}, 300_000);
afterAll(() => rm(home, { recursive: true, force: true }));

function checksOf(system: CiSystem): readonly Check[] {
  const { github, schema, cloudBuild, tekton } = tools;
  const checks: Readonly<Record<CiSystem, readonly Check[]>> = {
    github: [github, schema('vendor.github-workflows')],
    gitlab: [schema('vendor.gitlab-ci')],
    'cloud-build': [cloudBuild, schema('vendor.cloudbuild')],
    tekton: [tekton],
  };
  return checks[system];
}

/** The scripts in a file, whatever the system calls them. */
function scriptsOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isScript = key === 'run' || key === 'script' || key === 'before_script';
    if (isScript && typeof inner === 'string') return [inner];
    if (isScript && Array.isArray(inner)) return [inner.join('\n')];
    return scriptsOf(inner);
  });
}

function documentOf(system: CiSystem, facts: CiFacts, path = ''): unknown {
  const file = ciFiles(system, facts).find((one) => one.path.endsWith(path));
  return parse(file?.text ?? '');
}

describe.each(Object.entries(PROJECTS))('%s', (_name, facts) => {
  test.each(CI_SYSTEMS)('%s takes its files', async (system) => {
    for (const { path, text } of ciFiles(system, facts)) {
      for (const check of checksOf(system)) expect(await check(path, text)).toEqual([]);
    }
  });

  test.each(CI_SYSTEMS)('the scripts for %s are such', async (system) => {
    const scripts = ciFiles(system, facts).flatMap(({ text }) => scriptsOf(parse(text)));
    expect(scripts.join('\n')).toContain('mlcontainer push');
    expect(scripts.join('\n')).toContain('npm ci');
    for (const script of scripts) await exec('bash', ['-n', '-c', script]);
  });
});

const [whole] = Object.values(PROJECTS);
if (whole === undefined) throw new Error('no project');

test.each<readonly [CiSystem, string, string]>([
  ['github', 'runs-on', 'run-on'],
  ['github', 'contents: read', 'contents: reed'],
  ['github', 'vars.GOOGLE_SERVICE_ACCOUNT', 'varz.GOOGLE_SERVICE_ACCOUNT'],
  ['gitlab', 'interruptible: true', 'interruptible: maybe'],
  ['gitlab', 'stage: deploy', 'stages: deploy'],
  ['cloud-build', 'automapSubstitutions', 'automapSubstitution'],
  ['cloud-build', '    script:', '    skript:'],
  ['tekton', '$(params.image)', '$(params.picture)'],
  ['tekton', 'node:24.21.0-bookworm-slim', 'node:latest'],
])('the checks of %s see %j become %j', async (system, before, after) => {
  const found: string[] = [];
  for (const { path, text } of ciFiles(system, whole)) {
    const broken = text.replace(before, after);
    if (broken === text) continue;
    for (const check of checksOf(system)) found.push(...(await check(path, broken)));
  }
  expect(found).not.toEqual([]);
});

test.each(CI_SYSTEMS)('%s gets no privilege and no daemon', (system) => {
  const text = ciFiles(system, whole)
    .map((file) => JSON.stringify(parse(file.text)))
    .join('\n');
  expect(text).not.toMatch(/privileged|docker\.sock|dind|sudo|--insecure|pull_request_target/);
});

test('actions are named by commit, and rights by job', () => {
  const [file] = ciFiles('github', whole);
  const uses = [...(file?.text ?? '').matchAll(/uses: (.*)/g)].map(([, used = '']) => used);
  expect(uses.length).toBeGreaterThan(5);
  for (const used of uses) expect(used).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  const workflow = documentOf('github', whole) as {
    permissions: object;
    jobs: Record<string, { permissions: object }>;
  };
  expect(workflow.permissions).toEqual({});
  expect(workflow.jobs['build']?.permissions).toEqual({ contents: 'read' });
});

/** Runs a script where `npx` writes down what it is called with and answers as a push does. */
async function runScript(script: string, env: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(home, 'run-'));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const npx = `#!/bin/sh\necho "$*" >> ${folder}/calls\necho registry.example/churn@sha256:abc\n`;
  await writeFile(join(bin, 'npx'), npx);
  await chmod(join(bin, 'npx'), 0o755);
  const out = (name: string) => join(folder, name);
  const PATH = `${bin}:${process.env['PATH'] ?? ''}`;
  const given = Object.entries(env).map(([key, value]) => [
    key,
    value.replace('OUT/', `${folder}/`),
  ]);
  await exec('bash', ['-eo', 'pipefail', '-c', script.replaceAll('OUT/', `${folder}/`)], {
    cwd: folder,
    env: { PATH, TMPDIR: folder, ...(Object.fromEntries(given) as Record<string, string>) },
  });
  return {
    calls: await readFile(out('calls'), 'utf8'),
    read: (name: string) => readFile(out(name), 'utf8'),
  };
}

test('on GitHub a push gives reference and digest on', async () => {
  const { jobs } = documentOf('github', whole) as {
    jobs: Record<string, { steps: { id?: string; run?: string }[] }>;
  };
  const script = jobs['push']?.steps.find(({ id }) => id === 'push')?.run ?? '';
  const { calls, read } = await runScript(script, {
    IMAGE: 'ghcr.io/Team/Churn',
    GITHUB_SHA: 'c0ffee',
    GITHUB_OUTPUT: 'OUT/output',
    GITHUB_STEP_SUMMARY: 'OUT/summary',
  });
  expect(calls).toBe('--no mlcontainer push ghcr.io/team/churn --tag c0ffee,latest --frozen\n');
  expect(await read('output')).toBe(
    'reference=registry.example/churn@sha256:abc\ndigest=sha256:abc\n',
  );
});

test('on GitLab a push logs in by the token of the job, and on Google by its identity', async () => {
  const job = (documentOf('gitlab', whole) as Record<string, { script: string[] }>)[
    'mlcontainer push'
  ];
  const script = `${(job?.script ?? []).join('\n')}
    cp "$REGISTRY_AUTH_FILE" OUT/auth; cp "$GOOGLE_APPLICATION_CREDENTIALS" OUT/google`;
  const { calls, read } = await runScript(script, {
    CI_REGISTRY: 'registry.example',
    CI_REGISTRY_USER: 'job',
    CI_REGISTRY_PASSWORD: 'token',
    CI_REGISTRY_IMAGE: 'registry.example/churn',
    CI_COMMIT_SHA: 'c0ffee',
    CI_PROJECT_DIR: 'OUT/.',
    GOOGLE_ID_TOKEN: 'identity',
    GOOGLE_SERVICE_ACCOUNT: 'pusher@example',
    GOOGLE_WORKLOAD_IDENTITY_PROVIDER: 'projects/1/locations/global',
  });
  expect(calls).toBe('--no mlcontainer push registry.example/churn --tag c0ffee,latest --frozen\n');
  expect(JSON.parse(await read('auth'))).toEqual({
    auths: { 'registry.example': { username: 'job', password: 'token' } },
  });
  const google = JSON.parse(await read('google')) as { credential_source: { file: string } };
  expect(google).toMatchObject({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global',
  });
  expect(await readFile(google.credential_source.file, 'utf8')).toBe('identity');
  expect(await read('mlcontainer.env')).toBe(
    'IMAGE=registry.example/churn@sha256:abc\nIMAGE_DIGEST=sha256:abc\n',
  );
});

test('on Cloud Build the reference is the result of the step', async () => {
  const { steps } = documentOf('cloud-build', whole) as { steps: { id: string; script: string }[] };
  const script = steps.find(({ id }) => id === 'push')?.script ?? '';
  const { calls, read } = await runScript(script.replaceAll('/workspace/', 'OUT/'), {
    _IMAGE: 'us-docker.pkg.dev/p/models/churn',
    _TAG: '',
    BUILD_ID: 'b1',
    BUILDER_OUTPUT: 'OUT/.',
  });
  expect(calls).toBe(
    '--no mlcontainer push us-docker.pkg.dev/p/models/churn --tag b1,latest --frozen\n',
  );
  expect(await read('output')).toBe('registry.example/churn@sha256:abc');
  expect(await read('image.txt')).toBe('registry.example/churn@sha256:abc');
});

test('on Tekton reference and digest are results', async () => {
  const { spec } = documentOf('tekton', whole, 'task.yaml') as {
    spec: { steps: { name: string; script: string }[] };
  };
  const script = spec.steps.find(({ name }) => name === 'push')?.script ?? '';
  const placed = script.replaceAll(/\$\(results\.(\w+)\.path\)/g, 'OUT/$1');
  const { calls, read } = await runScript(placed, {
    IMAGE: 'registry.example/churn',
    TAGS: 'c0ffee,latest',
    REGISTRY: '',
  });
  expect(calls).toBe('--no mlcontainer push registry.example/churn --tag c0ffee,latest --frozen\n');
  expect(await read('reference')).toBe('registry.example/churn@sha256:abc');
  expect(await read('digest')).toBe('sha256:abc');
});
