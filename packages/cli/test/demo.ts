import { runCli } from '../src/cli.ts';
import { interruptible } from '../src/interrupt.ts';
import type { Output } from '../src/context.ts';
import { configError, fakeEngine } from './fake-engine.ts';

// A look at the hosts without an engine: node --conditions=@mlcontainer/source test/demo.ts build
const output = (stream: NodeJS.WriteStream): Output => ({
  write: (text) => void stream.write(text),
  isTTY: stream.isTTY,
  columns: stream.columns || 80,
});
const { env } = process;
const { signal } = interruptible(process);
const pace = Number(env['PACE'] ?? 120);
const failWith = env['FAIL'] ? { failWith: configError(process.cwd()) } : {};
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env,
  cwd: process.cwd(),
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  now: () => performance.now(),
  signal,
  loadEngine: () => Promise.resolve(fakeEngine({ pace, ...failWith })),
});
