import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type * as workflowParser from '@actions/workflow-parser';
import { Config, Linter } from '@ibm/tekton-lint';
import { build } from 'esbuild';

const exec = promisify(execFile);

/** What is wrong with a file, in the words of the tool that looked at it; empty where nothing is. */
export type Check = (path: string, text: string) => Promise<readonly string[]>;

/** The checks of one system's files. */
export interface CiTools {
  /** GitHub's own parser of workflows: schema, expressions and the names in them. */
  readonly github: Check;
  /** JSON Schemas by their names in check-jsonschema: `vendor.gitlab-ci`. */
  readonly schema: (name: string) => Check;
  /** The message `Build` of the Cloud Build API, with unknown fields refused. */
  readonly cloudBuild: Check;
  readonly tekton: Check;
}

const PROTO = `
import sys, yaml
from google.cloud.devtools import cloudbuild_v1
from google.protobuf import json_format
document = yaml.safe_load(open(sys.argv[1]))
json_format.ParseDict(document, cloudbuild_v1.Build.pb(cloudbuild_v1.Build()))
`;

/** Installs the Python tools into a folder of its own and makes the others ready. */
export async function installCiTools(folder: string): Promise<CiTools> {
  const venv = join(folder, 'venv/bin');
  await run('python3', '-m', 'venv', join(folder, 'venv'));
  await run(
    join(venv, 'pip'),
    'install',
    '--quiet',
    'check-jsonschema==0.39.0',
    'google-cloud-build==3.41.0',
    'pyyaml==6.0.3',
  );
  const onFile = async (path: string, text: string, ...command: readonly string[]) => {
    const file = join(folder, path.replaceAll('/', '_'));
    await writeFile(file, text);
    const [program = '', ...args] = command;
    return complaints(join(venv, program), ...args, file);
  };
  return {
    github: await githubCheck(folder),
    schema: (name) => (path, text) =>
      onFile(path, text, 'check-jsonschema', '--builtin-schema', name),
    cloudBuild: (path, text) => onFile(path, text, 'python', '-c', PROTO),
    tekton: tektonCheck(folder),
  };
}

async function run(command: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await exec(command, [...args])).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('python3 is needed here: apt-get install python3 python3-venv', {
      cause: error,
    });
  }
}

async function complaints(command: string, ...args: readonly string[]): Promise<readonly string[]> {
  try {
    await exec(command, [...args]);
    return [];
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return [`${stdout}${stderr}`.trim()];
  }
}

/** The package imports JSON without attributes, which bundlers take and Node does not. */
async function githubCheck(folder: string): Promise<Check> {
  const outfile = join(folder, 'workflow-parser.mjs');
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    stdin: {
      contents: "export * from '@actions/workflow-parser'",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner: { js: banner },
  });
  const parser = (await import(pathToFileURL(outfile).href)) as typeof workflowParser;
  return async (name, content) => {
    const { context, value } = parser.parseWorkflow(
      { name, content },
      new parser.NoOperationTraceWriter(),
    );
    if (value !== undefined) await parser.convertWorkflowTemplate(context, value);
    return context.errors.getErrors().map(({ message }) => message);
  };
}

/** A task that a resolver finds is not among the files, so that rule alone is left out. */
function tektonCheck(folder: string): Check {
  return async (path, text) => {
    const file = join(folder, path.replaceAll('/', '_'));
    const settings = join(folder, '.tektonlintrc.yaml');
    await writeFile(settings, "---\nrules:\n  no-missing-resource: 'off'\n");
    await writeFile(file, text);
    const config = Config.getConfig(folder);
    config.globs = [file];
    const problems = await Linter.run(config);
    return problems.map(({ rule, message }) => `${rule}: ${message}`);
  };
}
