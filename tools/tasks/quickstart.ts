import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, run, task } from '../src/index.ts';

const EXAMPLE = join(ROOT, 'examples', 'diabetes');

/** The first patient of the data set, scaled as scikit-learn ships it. */
const PATIENT = [
  0.038075906433423026, 0.05068011873981862, 0.061696206518683294, 0.0218723855140367,
  -0.04422349842444599, -0.03482076283769895, -0.04340084565202491, -0.002592261998183278,
  0.019907486170462722, -0.01764612515980379,
];

/** The command line from source, as `mlcontainer` is once it is installed. */
const CLI = ['--conditions=@mlcontainer/source', join(ROOT, 'packages', 'cli', 'src', 'bin.ts')];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function mlcontainer(args: readonly string[], signal: AbortSignal): Promise<void> {
  say(`\n$ mlcontainer ${args.join(' ')}`);
  const code = await run('node', [...CLI, ...args], { cwd: EXAMPLE, signal });
  if (code !== 0) throw new Error(`mlcontainer ${args[0]} ended with exit code ${code}.`);
}

/** Starts the image and gives its address when it is ready. */
async function start(signal: AbortSignal): Promise<{ url: string; container: ChildProcess }> {
  const args = ['run', '--port', '0'];
  say(`\n$ mlcontainer ${args.join(' ')}`);
  const container = spawn('node', [...CLI, ...args], {
    cwd: EXAMPLE,
    signal,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  for await (const chunk of container.stderr.iterator({ destroyOnReturn: false })) {
    process.stderr.write(chunk as Buffer);
    said += String(chunk);
    const url = /Ready at (http\S+)/.exec(said)?.[1];
    if (url === undefined) continue;
    container.stderr.pipe(process.stderr, { end: false });
    return { url, container };
  }
  throw new Error('The container ended before it was ready; its messages are above.');
}

async function stop(container: ChildProcess): Promise<void> {
  if (container.exitCode !== null) return;
  const ended = new Promise((resolve) => container.once('exit', resolve));
  container.kill('SIGINT');
  await ended;
}

await task(async ({ signal, onEnd }) => {
  // A lock of an earlier day may name packages that the mirrors have replaced since; the example keeps none.
  await rm(join(EXAMPLE, 'mlcontainer.lock'), { force: true });
  say('A model that scikit-learn trained and joblib exported, examples/diabetes/model.joblib:');
  await mlcontainer(['inspect', 'model.joblib'], signal);
  await mlcontainer(['build'], signal);
  const { url, container } = await start(signal);
  onEnd(() => stop(container));
  const body = JSON.stringify({ instances: [PATIENT] });
  say(`\n$ curl ${url}/predict -H 'content-type: application/json' -d '${body}'`);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/predict`, { method: 'POST', headers, body, signal });
  say(await response.text());
  return response.ok ? 0 : 1;
});
