import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HINTS: Readonly<Record<string, string>> = {
  python3: 'apt-get install python3 python3-venv',
  skopeo: 'apt-get install skopeo',
};

/** Runs a program and gives its standard output; a missing one fails the test and says how to install it. */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], { maxBuffer: 64 << 20 });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`${command} is needed here: ${HINTS[command] ?? command}`, { cause: error });
  }
}

/** Installs the Python client of ORAS into a folder of its own; runs scripts that end by printing JSON. */
export async function installOras(folder: string) {
  const venv = join(folder, 'venv');
  await run('python3', '-m', 'venv', venv);
  await run(join(venv, 'bin/pip'), 'install', '--quiet', 'oras==0.2.43');
  return async <T>(script: string, ...args: readonly string[]): Promise<T> => {
    const output = await run(join(venv, 'bin/python'), '-c', script, ...args);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
  };
}
