/**
 * Holds real wheels against pip: `node --conditions=@mlcontainer/source test/real-wheels.ts scikit-learn uvicorn -- sklearn uvicorn`.
 * Resolves with this machine's own settings, lays every wheel, compares with `pip install --target`, then imports
 * the modules named after `--` from what was laid without test folders. Needs network, python3 and pip.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { nodePorts } from '@mlcontainer/node-ports';
import {
  fetchWheel,
  findUv,
  openCompiler,
  openWheel,
  planTrim,
  pythonSettings,
  resolveWheels,
  wheelLayerEntries,
  wheelSources,
} from '../src/index.ts';
import { layOnDisk } from './support/lay.ts';

const split = process.argv.indexOf('--');
const requirements = process.argv.slice(2, split < 0 ? undefined : split);
const modules = split < 0 ? [] : process.argv.slice(split + 1);
const env = process.env;
const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'mlc-real-'));
const ports = nodePorts({ env, cacheDir: join(tmpdir(), 'mlcontainer-test-tools') });
const settings = await pythonSettings({ env, cwd: folder });
const cx = { ports, signal, env, settings };
const uv = await findUv(cx);
const facts = JSON.parse(
  execFileSync('python3', [
    '-c',
    'import json, platform, sys; print(json.dumps([sys.executable, "%d.%d" % sys.version_info[:2], platform.libc_ver()[1]]))',
  ]).toString(),
) as [string, string, string];
const interpreter = { argv: [facts[0]], env: {} };
await using compiler = openCompiler(interpreter, {}, ports);
const platform = {
  os: 'linux',
  architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
} as const;
const request = {
  requirements,
  constraints: [],
  pythonVersion: facts[1],
  platform,
  glibc: facts[2],
};
const lock = await resolveWheels(request, { ...cx, uv, interpreter });

const ours = ['INSTALLER', 'RECORD', 'REQUESTED', 'direct_url.json'];

function tree(root: string, at = root): [string, string][] {
  return readdirSync(at, { withFileTypes: true }).flatMap((item): [string, string][] => {
    const path = join(at, item.name);
    if (item.isDirectory()) return tree(root, path);
    if (path.includes('.dist-info/') && ours.includes(item.name)) return [];
    const runs = statSync(path).mode & 0o111 ? 'x' : '-';
    return [
      [
        relative(root, path),
        runs + readFileSync(path, 'latin1').replace(/^#!.*python.*\n/, '#!PYTHON\n'),
      ],
    ];
  });
}

try {
  const laid = {
    full: join(folder, 'full'),
    trimmed: join(folder, 'trimmed'),
    pip: join(folder, 'pip'),
  };
  const files: string[] = [];
  let trimmed = 0;
  for (const locked of lock.packages) {
    const stored = await fetchWheel(locked, { ...cx, uv });
    const path = join(folder, locked.file);
    symlinkSync(stored, path);
    files.push(path);
    await using wheel = await openWheel(stored, locked);
    const at = {
      site: 'site',
      data: 'site',
      bin: 'site/bin',
      include: 'site/include',
      executable: facts[0],
    };
    await layOnDisk(wheelLayerEntries(wheel, { ...at, trim: false }), laid.full);
    const trim = planTrim(wheel);
    trimmed += trim.report.bytes;
    const bytecode = compiler.compile(wheelSources(wheel, { ...at, trim }), cx);
    await layOnDisk(wheelLayerEntries(wheel, { ...at, trim, bytecode }), laid.trimmed);
  }
  execFileSync(
    'python3',
    [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--no-compile',
      '--no-index',
      '--root-user-action=ignore',
      '--target',
      laid.pip,
      ...files,
    ],
    { stdio: 'inherit' },
  );
  const left = new Map(tree(join(laid.full, 'site')));
  const right = new Map(tree(laid.pip));
  const differing = [...new Set([...left.keys(), ...right.keys()])].filter(
    (path) => left.get(path) !== right.get(path),
  );
  const site = join(laid.trimmed, 'site');
  const imported = modules.map((name) => {
    execFileSync('python3', ['-W', 'ignore', '-c', `import ${name}`], {
      env: { ...env, PYTHONPATH: site, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: 'inherit',
    });
    return name;
  });
  process.stdout.write(
    `${JSON.stringify({ wheels: files.length, compared: right.size, differing, trimmed, imported }, null, 2)}\n`,
  );
  process.exitCode = differing.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
