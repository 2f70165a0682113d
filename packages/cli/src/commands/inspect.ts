import { open as openFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { mlcError, type Finding, type ModelFacts, type Plugin } from '@mlcontainer/plugin-kit';
import type { CommandRun, Invocation } from '../command/types.ts';
import type { ImageInspection } from '@mlcontainer/core';
import type { inspectCommand } from '../table/understand.ts';
import { factsText, findingsText, imageText } from './inspect-text.ts';
import { json } from './json.ts';
import { openEngine, openProject, type OpenEngine } from './project.ts';

type Options = (typeof inspectCommand)['options'];
type Call = Invocation<Options>;

export const run: CommandRun<Options> = async (call) => {
  const path = resolve(call.cwd, call.args[0] ?? '');
  const open = await openEngine(call);
  const isImage = await looksLikeImage(path);
  const findings = isImage
    ? await inspectImage(call, open, path)
    : await inspectModel(call, open, path);
  return findings.some(({ severity }) => severity === 'error') ? 3 : 0;
};

async function inspectModel(
  call: Call,
  open: OpenEngine,
  path: string,
): Promise<readonly Finding[]> {
  const plugins = await pluginsFor(call, open);
  const { facts, findings } = await open.engine.inspectFile(open.cx, path, plugins);
  show(call, { facts, findings }, () => factsText(facts, call.outStyle));
  return findings;
}

async function inspectImage(
  call: Call,
  open: OpenEngine,
  path: string,
): Promise<readonly Finding[]> {
  const inspection: ImageInspection = await open.engine.validateImage(open.cx, path);
  show(call, inspection, () => imageText(inspection, call.outStyle));
  return inspection.findings;
}

function show(
  { options, print, outStyle }: Call,
  inspection: { readonly findings: readonly Finding[]; readonly facts?: ModelFacts },
  text: () => string,
): void {
  const findings = findingsText(inspection.findings, outStyle);
  print(options.json ? json(inspection) : `${text()}\n${findings}`);
}

/** The allowlists of the config that was named, or of the frameworks that come with the tool. */
async function pluginsFor({ options }: Call, open: OpenEngine): Promise<readonly Plugin[]> {
  if (options.config === undefined) return firstPartyFrameworks();
  const project = await openProject(open, 'inspect', { config: options.config, mode: undefined });
  return project.plugins;
}

/** Loaded when needed: only inspection without a config needs them. */
export async function firstPartyFrameworks(): Promise<readonly Plugin[]> {
  const { sklearn } = await import('@mlcontainer/framework-sklearn');
  return [sklearn()];
}

/** An OCI layout is a folder; an archive is a tar file, and no model is one. */
async function looksLikeImage(path: string): Promise<boolean> {
  const entry = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const detail = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
    throw mlcError('MLC1106', { path, detail }, { cause });
  });
  return entry.isDirectory() || (await isTar(path));
}

/** POSIX ustar: the magic stands at byte 257 of the first header. */
async function isTar(path: string): Promise<boolean> {
  const file = await openFile(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(5), 0, 5, 257);
    return bytesRead === 5 && buffer.toString('latin1') === 'ustar';
  } finally {
    await file.close();
  }
}
