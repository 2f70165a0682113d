import { mlcError } from '@mlcontainer/plugin-kit';
import type { ArtifactCopied, ArtifactDiscovered, ArtifactPushed } from '@mlcontainer/core';
import type { CommandRun, Invocation } from '../command/types.ts';
import { shown } from '../hosts/lines.ts';
import type { artifactCommand } from '../table/artifact.ts';
import { bytesText, countText, printable } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine, openProject, type OpenEngine } from './project.ts';

type Options = (typeof artifactCommand)['options'];
type Call = Invocation<Options>;
type Action = (
  call: Call,
  open: OpenEngine,
  reference: string,
  more: readonly string[],
) => Promise<number>;

const ACTIONS: Readonly<Record<string, Action>> = { push, pull, attach, discover, copy };

export const run: CommandRun<Options> = async (call) => {
  const [name = '', reference = '', ...more] = call.args;
  const action = ACTIONS[name] ?? push;
  return action(call, await openRegistries(call), reference, more);
};

async function openRegistries(call: Call): Promise<OpenEngine> {
  const open = await openEngine(call, call.options);
  const { config } = call.options;
  if (config === undefined) return open;
  const project = await openProject(open, 'artifact', { config, mode: undefined });
  const { engine, cx } = open;
  return { engine, cx: engine.withRegistries(cx, project.config.registries, project.root) };
}

async function push(
  call: Call,
  { engine, cx }: OpenEngine,
  reference: string,
  files: readonly string[],
): Promise<number> {
  tellPushed(call, await engine.artifactPush(cx, reference, specOf(call, files)));
  return 0;
}

async function attach(
  call: Call,
  { engine, cx }: OpenEngine,
  reference: string,
  files: readonly string[],
): Promise<number> {
  if (files.length === 0) {
    throw mlcError('MLC1104', { command: 'artifact attach', what: '<files>' });
  }
  tellPushed(call, await engine.artifactAttach(cx, reference, specOf(call, files)));
  return 0;
}

function specOf({ options }: Call, files: readonly string[]) {
  const { type, annotation, created } = options;
  return {
    files,
    annotations: annotationsOf(annotation),
    ...(type !== undefined && { artifactType: type }),
    ...(created !== undefined && { created: timeOf(created) }),
  };
}

function annotationsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text) => {
    const at = text.indexOf('=');
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)] as const;
    throw mlcError('MLC1103', { option: '--annotation', value: text, expected: 'name=value' });
  });
  return Object.fromEntries(pairs);
}

function timeOf(value: string): string {
  const isTime =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value));
  if (isTime) return value;
  const expected = 'a time as 2026-01-31T12:00:00Z';
  throw mlcError('MLC1103', { option: '--created', value, expected });
}

function tellPushed({ options, print, say, style }: Call, pushed: ArtifactPushed): void {
  if (options.json) return print(json(pushed));
  const { reference, layers, sent, subject } = pushed;
  const parts = `${countText(layers.length, 'part')}, ${bytesText(sent)} sent`;
  const where = subject === undefined ? 'Pushed' : `Attached to ${style.name(subject)}`;
  say(`${style.good('✔')} ${where}: ${parts}.`);
  print(reference);
}

async function pull(
  call: Call,
  { engine, cx }: OpenEngine,
  reference: string,
  more: readonly string[],
): Promise<number> {
  const [folder = '.'] = atMostOne('pull', more);
  const replace = call.options.force;
  const pulled = await engine.artifactPull(cx, reference, { folder, replace });
  for (const digest of pulled.untitled) {
    call.say(`! ${digest} has no title, so it was left out.`);
  }
  if (call.options.json) call.print(json(pulled));
  else if (pulled.files.length > 0) {
    call.print(pulled.files.map(({ path }) => printable(shown(path, call.cwd))).join('\n'));
  }
  return 0;
}

async function discover(
  call: Call,
  { engine, cx }: OpenEngine,
  reference: string,
  more: readonly string[],
): Promise<number> {
  if (more.length > 0) tooMuch('discover', more[0]);
  const found = await engine.artifactDiscover(cx, reference, call.options.type);
  if (call.options.json) call.print(json(found));
  else call.print([printable(found.reference), ...treeLines(call, found.referrers, '')].join('\n'));
  return 0;
}

function treeLines(
  call: Call,
  referrers: ArtifactDiscovered['referrers'],
  indent: string,
): readonly string[] {
  return referrers.flatMap(({ descriptor, referrers: below }, index) => {
    const isLast = index === referrers.length - 1;
    const type = call.outStyle.strong(printable(descriptor.artifactType ?? descriptor.mediaType));
    const line = `${indent}${isLast ? '└─' : '├─'} ${type}  ${call.outStyle.dim(descriptor.digest)}`;
    return [line, ...treeLines(call, below, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}

async function copy(
  call: Call,
  { engine, cx }: OpenEngine,
  reference: string,
  more: readonly string[],
): Promise<number> {
  const [to] = atMostOne('copy', more);
  if (to === undefined) throw mlcError('MLC1104', { command: 'artifact copy', what: '<where to>' });
  const { referrers, platform } = call.options;
  const copied = await engine.artifactCopy(cx, reference, to, { referrers, platforms: platform });
  if (call.options.json) call.print(json(copied));
  else {
    call.say(`${call.style.good('✔')} Copied: ${copiedText(copied)}.`);
    call.print(copied.reference);
  }
  return 0;
}

function copiedText({ nodes, sent }: ArtifactCopied): string {
  const parts = [
    `${nodes.uploaded} uploaded`,
    ...(nodes.mounted > 0 ? [`${nodes.mounted} mounted`] : []),
    ...(nodes.present > 0 ? [`${nodes.present} there already`] : []),
    ...(nodes.leftOut > 0 ? [`${nodes.leftOut} left out`] : []),
  ];
  return `${parts.join(', ')}; ${bytesText(sent)} sent`;
}

function atMostOne(action: string, words: readonly string[]): readonly string[] {
  if (words.length > 1) tooMuch(action, words[1]);
  return words;
}

function tooMuch(action: string, word: string | undefined): never {
  const what = `${JSON.stringify(word)} is too much`;
  throw mlcError('MLC1105', { command: `artifact ${action}`, what });
}
