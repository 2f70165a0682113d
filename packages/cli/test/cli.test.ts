import { mlcError } from '@mlcontainer/plugin-kit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Interruption } from '../src/interrupt.ts';
import { COMMANDS } from '../src/table/commands.ts';
import { VERSION } from '../src/version.ts';
import type { BuildReport } from '@mlcontainer/core';
import { configError, fakeEngine, report } from './fake-engine.ts';
import { PLAN } from './fake-plan.ts';
import { mlc } from './run.ts';

describe('the tool itself', () => {
  test.each(['', '--help', '-h', 'help'])('%s shows every command on stdout', async (line) => {
    const { code, stdout, stderr } = await mlc(line);
    expect([code, stderr]).toEqual([0, '']);
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test('gives every command as data', async () => {
    const { stdout } = await mlc('help --json');
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, commands: COMMANDS });
    expect(JSON.parse((await mlc('help plan --json')).stdout)).toMatchObject({
      commands: [{ name: 'plan' }],
    });
  });

  test.each(['--version', '-V', 'version'])('%s prints the version', async (line) => {
    expect(await mlc(line)).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  test.each([
    ['biuld', 'MLC1101', 'build'],
    ['insp', 'MLC1101', 'inspect'],
    ['build --ofline', 'MLC1102', '--offline'],
    ['--jsno plan', 'MLC1102', '--json'],
    ['--hlep', 'MLC1102', '--help'],
    ['build --platform linux/arm', 'MLC1103', 'linux/arm64'],
    ['build --out', 'MLC1103', 'folder'],
    ['build --out --json', 'MLC1103', 'folder'],
    ['build --frozen=yes', 'MLC1103', 'no value'],
    ['plan --log-level loud', 'MLC1103', 'debug'],
    ['completion tcsh', 'MLC1103', 'zsh'],
    ['inspect', 'MLC1104', '<path>'],
    ['inspect a b', 'MLC1105', '"b"'],
    ['build x', 'MLC1105', 'no arguments'],
    ['plugins info', 'MLC1104', '<name>'],
    ['plugins info target-clod-run', 'MLC1103', 'target-cloud-run'],
    ['emit target-clod-run', 'MLC1103', 'target-cloud-run'],
    ['run --port 99999', 'MLC1103', '65535'],
    ['run --env A', 'MLC1103', 'NAME=value'],
    ['cache prune --older-than x', 'MLC1103', 'days'],
    ['explain framwork', 'MLC1103', 'framework'],
  ])('%s is a usage error', async (line, expected, near) => {
    const { code, stdout, stderr } = await mlc(line);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(expected);
    expect(stderr).toContain(near);
  });

  test('no command line makes it throw', async () => {
    const words = fc.constantFrom(
      ...COMMANDS.map(({ name }) => name),
      '--',
      '-',
      '--json',
      '-qC',
      '--no-color',
      '--cwd',
      '--x=y',
      '-p',
      '',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(words, fc.string())), async (argv) => {
        const signal = AbortSignal.abort(new Interruption(130));
        const { code } = await mlc(argv.filter((word) => !word.includes(' ')).join(' '), {
          signal,
          cwd: '/nowhere',
        });
        expect([0, 2, 3, 130]).toContain(code);
      }),
    );
  });
});

describe.each(COMMANDS)('$name', (command) => {
  test.each(['--help', '-h'])('%s shows its options and examples', async (option) => {
    const { code, stdout, stderr } = await mlc(`${command.name} ${option}`);
    expect([code, stderr]).toEqual([0, '']);
    for (const name of Object.keys(command.options)) expect(stdout).toContain(`--${name}`);
    for (const { run } of command.examples) expect(stdout).toContain(run);
    expect(await mlc(`help ${command.name}`)).toEqual({ code, stdout, stderr });
  });

  test.each(command.examples)('understands its example `$run`', async ({ run }) => {
    const [line = ''] = run.replace(/^mlcontainer /, '').split(/ (?:[|>]|2>)/);
    const { code, stderr } = await mlc(line.trim(), {
      signal: AbortSignal.abort(new Interruption(130)),
      cwd: '/nowhere',
    });
    expect(stderr).not.toMatch(/MLC110[1-5]/);
    expect([0, 1, 2, 130]).toContain(code);
  });

  test('has a summary of one line, and examples', () => {
    expect(command.summary).toMatch(/^[A-Z][^\n]*[^.]$/);
    expect(command.examples.length).toBeGreaterThan(0);
  });
});

describe('build', () => {
  test('prints the reference to stdout and everything else to stderr', async () => {
    const { code, stdout, stderr } = await mlc('build');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^diabetes@sha256:[0-9a-f]{64}\n$/);
    expect(stderr).toContain('layer: dependencies numpy 2.4.1 16.3 MB');
    expect(stderr).toContain('79.8 MB in 9 layers, 3 reused');
  });

  test('with --json prints the report, and events one a line', async () => {
    const { stdout, stderr } = await mlc('build --json --output archive');
    expect(JSON.parse(stdout)).toEqual(report('/project/dist/diabetes', ['archive', 'layout']));
    const events = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { code: string });
    expect(events.map(({ code }) => code)).toContain('layer-done');
  });

  test('with --quiet says warnings alone', async () => {
    const { stderr } = await mlc('build --quiet');
    expect(stderr).toBe('warning: [target-cloud-run] arm64 is limited on this target\n');
    expect((await mlc('build --log-level silent')).stderr).toBe('');
  });

  test('hands the options on', async () => {
    const seen: unknown[] = [];
    const engine = fakeEngine({
      over: {
        createContext: (options) => {
          seen.push(options.cwd, options.offline, options.cacheDir);
          return { cwd: options.cwd, host: options.host, signal: options.signal };
        },
        openProject: (cx, options) => {
          seen.push(options);
          return { root: cx.cwd, plugins: [], config: { name: 'x', platforms: ['linux/amd64'] } };
        },
        makePlan: (_cx, project) => {
          seen.push(project.config.platforms);
          return PLAN;
        },
        build: (cx, { plan: _, ...options }) => {
          seen.push(options);
          return report(`${cx.cwd}/x`);
        },
      },
    });
    const line =
      '--cwd sub build -c my.ts -m dev -p linux/arm64,linux/amd64 --offline --cache-dir c --frozen --out o -o layout,archive';
    expect((await mlc(line, { engine })).code).toBe(0);
    expect(seen).toEqual([
      '/project/sub',
      true,
      '/project/sub/c',
      { configFile: 'my.ts', command: 'build', mode: 'dev' },
      ['linux/arm64', 'linux/amd64'],
      {
        ...{ root: '/project/sub', frozen: true, outDir: 'o' },
        ...{ outputs: ['archive', 'layout'], push: { tags: ['latest'] }, vendored: undefined },
      },
    ]);
  });

  test('with the registry as its one output writes no layout', async () => {
    const { stdout, stderr } = await mlc('build --output registry --tag v1,stable');
    expect(stdout.trim()).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(stderr).toContain('v1, stable');
    expect(stderr).toContain('2.4 kB sent');
    expect(stderr).not.toContain('Start it');
  });

  test('of a frozen plan reads no config', async () => {
    const engine = fakeEngine({ failWith: new Error('the config was read') });
    expect((await mlc('build --plan plan.json', { engine })).code).toBe(0);
    expect((await mlc('build', { engine })).code).toBe(1);
  });
});

describe('commands that read', () => {
  test.each([
    ['plan', 'framework-sklearn/python', 'core'],
    ['plan --hosts', 'debian.example', 'hosts'],
    ['plan --diff old.json --platform linux/amd64,linux/arm64', 'platforms.1', 'changes'],
    ['explain python', 'bookworm', 'explanations'],
    ['plugins', 'target-cloud-run', 'plugins'],
    ['plugins info target-cloud-run', 'arm64', 'plugin'],
    ['doctor', 'uv', 'checks'],
    ['cache info', '62.2 MB', 'kinds'],
    ['emit --image a@sha256:1', 'image: "a@sha256:1"', 'targets'],
    ['schema', 'mlcontainer.config', 'title'],
  ])('%s prints for people, and with --json one document', async (line, expected, key) => {
    const { code, stdout } = await mlc(line);
    expect(code).toBe(0);
    expect(stdout).toContain(expected);
    const document = JSON.parse((await mlc(`${line} --json`)).stdout) as object;
    expect(document).toHaveProperty(key);
    if (line !== 'schema') expect(document).toMatchObject({ schemaVersion: 1 });
  });

  test('emit without a build says so', async () => {
    const { code, stderr } = await mlc('emit', { cwd: '/nowhere' });
    expect(code).toBe(2);
    expect(stderr).toContain('MLC1106');
  });

  test('doctor ends with 3 when a check fails', async () => {
    const checks = [{ name: 'store', status: 'fail', detail: 'not writable' }];
    const engine = fakeEngine({ over: { doctor: () => Promise.resolve({ checks }) } });
    expect((await mlc('doctor', { engine })).code).toBe(3);
  });
});

describe('a failure', () => {
  test('says what, where, why and what to do', async () => {
    const { code, stdout, stderr } = await mlc('plan', {
      engine: fakeEngine({ failWith: configError('/project') }),
    });
    expect([code, stdout]).toEqual([2, '']);
    for (const part of [
      'Config not valid',
      'MLC1009',
      'mlcontainer.config.ts:6:3',
      'Did you mean `plugins`?',
      'why',
      'fix',
      'https://mlcontainer.dev/errors/MLC1009',
    ]) {
      expect(stderr).toContain(part);
    }
    expect(stderr).not.toContain('/project/');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('names plugin and hook', async () => {
    const error = mlcError('MLC9016', {});
    error.origin = { plugin: 'target-cloud-run', hook: 'constrain' };
    const { stderr } = await mlc('plan', { engine: fakeEngine({ failWith: error }) });
    expect(stderr).toContain('in target-cloud-run (constrain)');
  });

  test('with --json is one JSON line on stderr', async () => {
    const engine = fakeEngine({ failWith: configError('/project') });
    const { code, stdout, stderr } = await mlc('plan --json', { engine });
    expect([code, stdout]).toEqual([2, '']);
    const document = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { error: object };
    expect(document).toMatchObject({ schemaVersion: 1, error: { code: 'MLC1009', exitCode: 2 } });
    expect(document.error).not.toHaveProperty('stacks');
  });

  test('with --debug shows its stack and causes', async () => {
    const cause = new Error('the root of it', { cause: new TypeError('deeper') });
    const engine = fakeEngine({ failWith: cause });
    const { code, stderr } = await mlc('plan --debug', { engine });
    expect(code).toBe(1);
    expect(stderr).toContain('MLC1199');
    expect(stderr).toMatch(/caused by[^]*the root of it[^]*caused by[^]*deeper/);
  });

  test('worth retrying ends with 75', async () => {
    const failWith = mlcError('MLC7001', {
      purpose: 'Debian mirror',
      url: 'http://x',
      attempts: 3,
      detail: 'reset',
    });
    expect((await mlc('plan', { engine: fakeEngine({ failWith }) })).code).toBe(75);
  });

  test('cannot move the cursor with what it quotes', async () => {
    const failWith = new Error('\u001b[2J\u001b]0;title\u0007evil\u0008');
    const { stderr } = await mlc('plan', { engine: fakeEngine({ failWith }) });
    expect(stderr).not.toMatch(/(?![\n\t])\p{Cc}/u);
    expect(stderr).toContain('evil');
  });
});

describe('an interruption', () => {
  test.each([130, 143])('ends with %d and says that nothing was kept', async (exitCode) => {
    const controller = new AbortController();
    const engine = fakeEngine({ pace: 5 });
    const running = mlc('build', { engine, signal: controller.signal });
    setTimeout(() => controller.abort(new Interruption(exitCode)), 30);
    const { code, stdout, stderr } = await running;
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(/Stopping[^]*Interrupted/);
  });

  test('is how run ends, after the container is gone', async () => {
    const controller = new AbortController();
    const running = mlc('run --json', { signal: controller.signal });
    setTimeout(() => controller.abort(new Interruption(130)), 20);
    const { code, stdout } = await running;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ engine: 'crun', url: 'http://127.0.0.1:8080' });
  });
});

describe('colours', () => {
  const COLOR = /\p{Cc}\[\d+m/u;

  test.each<[string, Record<string, string>, boolean, boolean]>([
    ['plan', {}, true, true],
    ['plan', {}, false, false],
    ['plan', { NO_COLOR: '1' }, true, false],
    ['plan', { NO_COLOR: '' }, true, true],
    ['plan', { NO_COLOR: 'yes' }, true, false],
    ['plan', { FORCE_COLOR: '1' }, false, true],
    ['plan', { FORCE_COLOR: '0' }, true, false],
    ['plan', { TERM: 'dumb' }, true, false],
    ['plan --no-color', { FORCE_COLOR: '1' }, true, false],
    ['plan --color', { NO_COLOR: '1' }, false, true],
  ])('%s with %j on a terminal (%s): %s', async (line, env, tty, colored) => {
    const { stdout } = await mlc(line, { env, tty });
    expect(COLOR.test(stdout)).toBe(colored);
  });

  test('a terminal of a CI system is not repainted', async () => {
    const { stderr } = await mlc('build', { tty: true, env: { CI: 'true' } });
    expect(stderr).not.toContain('\u001b[?25l');
    const live = await mlc('build', { tty: true, engine: fakeEngine({ pace: 20 }) });
    expect(live.stderr).toContain('\u001b[?25l');
  });
});

describe('push', () => {
  test('goes to the repository of the config, as latest', async () => {
    const { code, stdout } = await mlc('push --json');
    expect(code).toBe(0);
    const { pushed } = JSON.parse(stdout) as BuildReport;
    expect(pushed).toMatchObject({ tags: ['latest'], blobs: { present: 17, uploaded: 2 } });
  });

  test('takes a repository and a tag of its own', async () => {
    const { stdout } = await mlc('push localhost:5000/team/churn:v7 --tag blue --json');
    const { pushed } = JSON.parse(stdout) as BuildReport;
    expect(pushed?.reference).toMatch(/^localhost:5000\/team\/churn@sha256:/);
    expect(pushed?.tags).toEqual(['blue', 'v7']);
  });
});

describe('vendor', () => {
  test.each([
    ['vendor', 'mlcontainer.vendor.tar'],
    ['vendor in.tar', 'in.tar'],
    ['vendor --push localhost:5000/team/inputs:main', 'localhost:5000/team/inputs:main'],
    ['vendor --push localhost:5000/team/inputs', 'localhost:5000/team/inputs:latest'],
  ])('%s packs into %s', async (line, place) => {
    const { stdout, stderr } = await mlc(line);
    expect(stdout.trim()).toMatch(new RegExp(`^${place}@sha256:[0-9a-f]{64}$`));
    expect(stderr).toContain('46 inputs, 81.0 MB');
  });
});
