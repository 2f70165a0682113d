import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { mlcError, type ModelFacts } from '@mlcontainer/plugin-kit';
import type { CommandRun, Invocation } from '../command/types.ts';
import { shown } from '../hosts/lines.ts';
import { isCi } from '../session.ts';
import type { initCommand } from '../table/tool.ts';
import { planCi, writeCi } from './init-ci.ts';
import { configText, frameworkOf } from './init-config.ts';
import { findModels, MODEL_EXTENSIONS } from './init-models.ts';
import { firstPartyFrameworks } from './inspect.ts';
import { json } from './json.ts';
import { openEngine } from './project.ts';

type Options = (typeof initCommand)['options'];
type Call = Invocation<Options>;

export const run: CommandRun<Options> = async (call) => {
  const { cwd, options, say, style } = call;
  const { force } = options;
  const file = join(cwd, 'mlcontainer.config.ts');
  const ci =
    options.ci.length === 0
      ? undefined
      : await planCi(cwd, options.ci, { force, node: process.versions.node });
  const isAsked = ci === undefined || call.args[0] !== undefined || !existsSync(file);
  const written = isAsked ? await init(call, file) : undefined;
  const files = ci === undefined ? [] : await writeCi(ci);
  if (options.json) call.print(json({ ...written, ...(ci !== undefined && { ci: files }) }));
  for (const path of files) say(`${style.good('✔')} Wrote ${style.name(shown(path, cwd))}.`);
  for (const hint of ci?.hints ?? []) say(`  ${hint}`);
  return 0;
};

interface WrittenConfig {
  readonly file: string;
  readonly model: string;
  readonly framework: string | null;
}

async function init(call: Call, file: string): Promise<WrittenConfig> {
  const { cwd, options, say, style } = call;
  if (existsSync(file) && !options.force) throw mlcError('MLC1110', { path: shown(file, cwd) });
  const model = await chooseModel(call);
  const facts = await factsOf(call, model);
  const framework = frameworkOf(facts);
  if (framework === undefined) {
    say(`! No plugin for ${facts.format} comes with this version; name one in \`plugins\`.`);
  }
  const path = relative(dirname(file), model).split('\\').join('/');
  await writeConfig(
    file,
    configText({ model: path, facts, framework, targets: options.target }),
    options.force,
  );
  say(`${style.good('✔')} Wrote ${style.name(shown(file, cwd))} for ${path}.`);
  say(`  See what will be built: ${style.name('mlcontainer plan')}`);
  return { file, model: path, framework: framework?.plugin ?? null };
}

async function chooseModel(call: Call): Promise<string> {
  const { args, cwd } = call;
  if (args[0] !== undefined) return resolve(cwd, args[0]);
  const found = await findModels(cwd);
  const [first, second] = found;
  if (first === undefined) {
    throw mlcError('MLC1111', { folder: cwd, formats: MODEL_EXTENSIONS.join(' ') });
  }
  return second === undefined ? join(cwd, first) : join(cwd, await askModel(call, found));
}

async function askModel({ io, options, cwd }: Call, found: readonly string[]): Promise<string> {
  const { ask, env } = io;
  if (ask === undefined || options.yes || options.json || isCi(env)) {
    throw mlcError('MLC1112', { folder: cwd, found });
  }
  const list = found.map((path, index) => `  ${index + 1}  ${path}`).join('\n');
  const answer = await ask(`Which model?\n${list}\n> `);
  const chosen = found[Number(answer) - 1] ?? found.find((path) => path === answer.trim());
  if (chosen !== undefined) return chosen;
  const expected = `a number from 1 to ${found.length}`;
  throw mlcError('MLC1103', { option: 'Which model?', value: answer, expected });
}

async function factsOf(call: Call, model: string): Promise<ModelFacts> {
  const { engine, cx } = await openEngine(call);
  const { facts, findings } = await engine.inspectFile(cx, model, await firstPartyFrameworks());
  for (const { severity, message, code } of findings) {
    if (severity !== 'info') call.say(`! ${message} (${code})`);
  }
  return facts;
}

async function writeConfig(file: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: replace ? 'w' : 'wx' });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw mlcError('MLC7011', { path: file, detail }, { cause });
  }
}
