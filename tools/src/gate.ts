import { ensurePrograms, ensureVenv } from './debian-packages.ts';
import { ensureDocker } from './docker-daemon.ts';
import { capture } from './process.ts';
import { junitSuite, programSuite, vitestSuite, type Suite } from './suites.ts';
import { renderTallies, type Tally } from './tally.ts';
import { ROOT, type TaskContext } from './task.ts';

/** What the tests of this repository call on the host. */
export const TEST_PROGRAMS = [
  'ar',
  'apt-ftparchive',
  'buildah',
  'bzip2',
  'crun',
  'docker',
  'docker-registry',
  'dockerd',
  'dpkg-deb',
  'dpkg-scanpackages',
  'gpg',
  'ip',
  'lz4',
  'openssl',
  'reprepro',
  'runc',
  'setpriv',
  'skopeo',
  'squid',
  '/usr/lib/squid/security_file_certgen',
  'strace',
  'tar',
  'taskset',
  'umoci',
  'unshare',
  'xz',
  'zstd',
] as const;

/** ESLint's boundary rule keeps silent without Nx's project graph, so the graph is made first. */
export async function makeProjectGraph(): Promise<void> {
  const result = await capture('nx', ['show', 'projects'], { cwd: ROOT });
  if (result.code !== 0)
    throw new Error(`nx could not read the workspace:\n${result.stdout}${result.stderr}`);
}

/** Types, lint, format, and what nobody uses. */
export function staticSuites(): Suite[] {
  const eslint = programSuite('eslint', 'eslint', ['--max-warnings=0', '.']);
  return [
    programSuite('typecheck', 'tsc', ['-p', 'tsconfig.json']),
    async (signal) => {
      await makeProjectGraph();
      return await eslint(signal);
    },
    programSuite('prettier', 'prettier', ['--check', '--log-level=warn', '.']),
    programSuite('knip', 'knip', ['--no-config-hints']),
  ];
}

/** The tests of packages, plugins, configs and tools. */
export function unitSuite(args: readonly string[] = []): Suite {
  return vitestSuite('unit and integration', args);
}

/** The Python of server and adapters: ruff, mypy and pytest, in an environment of their own. */
export function pythonSuite(): Suite {
  return junitSuite('python', 'python3', ['packages/server/scripts/check.py']);
}

/** Everything as a user would have it: packed, installed, built, run in real engines. */
export function e2eSuite(kind: 'quick' | 'full', args: readonly string[] = []): Suite {
  return vitestSuite(`e2e (${kind})`, ['--config', 'e2e/vitest.config.ts', ...args], {
    MLC_E2E: kind,
  });
}

/** Brings up what tests need on this host: programs, and a Docker engine that DOCKER_HOST names. */
export async function prepareHost(context: TaskContext): Promise<void> {
  await ensurePrograms(TEST_PROGRAMS, context.signal);
  await ensureVenv(context.signal);
  const docker = await ensureDocker(context.signal);
  context.onEnd(docker.stop);
  if (docker.host) process.env['DOCKER_HOST'] = docker.host;
  process.stderr.write(`Docker engine ${docker.version}\n`);
}

/** Runs suites one after the other, prints their table and the closing line, and gives the exit code. */
export async function runSuites(suites: readonly Suite[], signal: AbortSignal): Promise<number> {
  const tallies: Tally[] = [];
  for (const suite of suites) {
    if (signal.aborted) break;
    tallies.push(await suite(signal));
  }
  process.stdout.write(`\n${renderTallies(tallies)}`);
  return tallies.length > 0 && tallies.every(({ failed }) => failed === 0) ? 0 : 1;
}
