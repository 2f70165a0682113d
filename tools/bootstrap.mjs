#!/usr/bin/env node
// The way into every task of this repository: `node tools/bootstrap.mjs <task> [arguments]`.
// It runs on a bare Node 20 with nothing installed, so it is plain JavaScript without dependencies:
// it installs what package-lock.json names, finds the Node that the sources need, and hands over to tools/tasks/<task>.ts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The first Node that strips types without a flag (nodejs.org, typescript.md). */
const OLDEST_NODE = [22, 18];

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds what package-lock.json names; npm writes its own copy of the lock after each install. */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    const found = present[path];
    if (!path.includes('node_modules/')) return true;
    if (!found) return entry.optional === true;
    if (!existsSync(join(root, path))) return false;
    return entry.link ? found.link === true : found.integrity === entry.integrity;
  });
}

function install() {
  process.stderr.write('Installing the dependencies that package-lock.json names …\n');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status === 0) return;
  process.stderr.write('npm ci failed; its message is above.\n');
  process.exit(1);
}

/** The folder of a Node that runs TypeScript: the one among the dependencies, or the running one when it is new enough. */
function nodeFolder() {
  const bundled = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin');
  if (process.platform === 'linux' && existsSync(join(bundled, 'node'))) return bundled;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]))
    return dirname(process.execPath);
  process.stderr.write(
    `Node ${OLDEST_NODE.join('.')} or newer is needed, this is ${process.versions.node}, ` +
      `and the optional dependency node-linux-${process.arch} is not installed.\n`,
  );
  process.exit(1);
}

function taskFile(task) {
  const folder = join(root, 'tools', 'tasks');
  const file = join(folder, `${String(task).replaceAll(':', '-')}.ts`);
  if (task && existsSync(file)) return file;
  const names = readdirSync(folder).map((name) => name.replace(/\.ts$/, ''));
  process.stderr.write(`Usage: node tools/bootstrap.mjs <${names.join('|')}> [arguments]\n`);
  process.exit(2);
}

const [task, ...args] = process.argv.slice(2);
const file = taskFile(task);
if (!isInstalled()) install();
const bin = nodeFolder();
const child = spawn(join(bin, 'node'), ['--conditions=@mlcontainer/source', file, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: [bin, join(root, 'node_modules', '.bin'), process.env.PATH].join(':'),
    NX_DAEMON: 'false',
  },
});
// The terminal sends Ctrl-C to the whole group: the task cleans up, this waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
});
