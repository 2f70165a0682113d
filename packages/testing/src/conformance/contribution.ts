import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { SLOTS, type Contribution, type LayerSpec, type PluginFile } from '@mlcontainer/plugin-kit';

import { imagePathProblem } from './paths.ts';
import { requirementProblem } from './requirement.ts';

const ID = /^[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*$/;
/** Debian policy, section 5.6.7, with an optional version relation. */
const DEBIAN = /^[a-z0-9][a-z0-9+.-]+(?: ?\(.+\))?$/;
const MODULE = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
const VARIABLE = /^[A-Za-z_]\w*$/;
const CAPABILITY = /^[a-z][a-z0-9-]*(?:@\S+)?$/;

/** Everything in which a contribution breaks the contract, each with its path. */
export function contributionProblems(value: unknown): readonly string[] {
  if (!isRecord(value) || !Array.isArray(value.layers)) return ['it has no list of layers'];
  const contribution = value as unknown as Contribution;
  return [
    ...contribution.layers.flatMap((layer, index) => layerProblems(layer, `layers[${index}]`)),
    ...duplicates(contribution.layers.map(({ id }) => id)).map(
      (id) => `two layers have the id ${id}`,
    ),
    ...duplicates(contribution.layers.flatMap(filePaths)).map(
      (path) => `two files have the path ${path}`,
    ),
    ...adapterProblems(contribution),
    ...recordProblems(contribution.env, 'env', VARIABLE),
    ...recordProblems(contribution.labels, 'labels', /^\S+$/),
    ...capabilityProblems(contribution),
  ];
}

function layerProblems(layer: LayerSpec, path: string): string[] {
  if (!isRecord(layer) || !isRecord(layer.source)) return [`${path} is not a layer`];
  const problems: string[] = [];
  if (!ID.test(layer.id)) problems.push(`${path}.id is not kebab-case`);
  if (!SLOTS.includes(layer.slot)) problems.push(`${path}.slot is ${String(layer.slot)}`);
  if (!isText(layer.reason)) problems.push(`${path}.reason is empty`);
  return [...problems, ...sourceProblems(layer, `${path}.source`)];
}

function sourceProblems({ source }: LayerSpec, path: string): string[] {
  switch (source.kind) {
    case 'debian':
      return listProblems(
        source.packages,
        `${path}.packages`,
        (name) => isText(name) && DEBIAN.test(name),
      );
    case 'python':
      return requirementProblems(source.requirements, `${path}.requirements`);
    case 'files':
      return filesProblems(source.files, `${path}.files`);
    case 'run':
      return listProblems(source.commands, `${path}.commands`, isCommand).concat(
        ['none', 'declared'].includes(source.network)
          ? []
          : [`${path}.network is ${String(source.network)}`],
      );
    default:
      return [`${path}.kind is ${String((source as { kind: unknown }).kind)}`];
  }
}

function requirementProblems(requirements: readonly unknown[], path: string): string[] {
  if (!Array.isArray(requirements) || requirements.length === 0) return [`${path} is empty`];
  return requirements.flatMap((each: unknown, index) => {
    const problem = requirementProblem(each);
    return problem === undefined ? [] : [`${path}[${index}] ${problem}`];
  });
}

function isCommand(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string')
  );
}

function filesProblems(files: readonly PluginFile[], path: string): string[] {
  if (!Array.isArray(files) || files.length === 0) return [`${path} is empty`];
  return files.flatMap((file, index) => fileProblems(file as PluginFile, `${path}[${index}]`));
}

function fileProblems(file: PluginFile, path: string): string[] {
  const problems: string[] = [];
  const problem = imagePathProblem(file.path);
  if (problem !== undefined) problems.push(`${path}.path ${problem}: ${String(file.path)}`);
  const { mode } = file;
  if (mode !== undefined && (!Number.isInteger(mode) || mode < 0 || mode > 0o777)) {
    problems.push(`${path}.mode has more than permission bits: ${String(mode)}`);
  }
  return [...problems, ...contentProblems(file.content, `${path}.content`)];
}

function contentProblems(content: PluginFile['content'], path: string): string[] {
  if (!isRecord(content)) return [`${path} is missing`];
  if ('text' in content)
    return typeof content.text === 'string' ? [] : [`${path}.text is not a string`];
  const url = URL.parse(String(content.url));
  if (url?.protocol !== 'file:') return [`${path}.url is not a file: URL`];
  const file = fileURLToPath(url);
  return existsSync(file) && statSync(file).isFile() ? [] : [`${path}.url names no file: ${file}`];
}

function filePaths({ source }: LayerSpec): readonly string[] {
  return isRecord(source) && source.kind === 'files' ? source.files.map(({ path }) => path) : [];
}

function adapterProblems({ adapter }: Contribution): string[] {
  if (adapter === undefined) return [];
  return isRecord(adapter) && MODULE.test(adapter.module)
    ? []
    : ['adapter.module is not the import path of a module'];
}

function capabilityProblems({ requires, provides }: Contribution): string[] {
  return Object.entries({ requires, provides }).flatMap(([name, list]) =>
    list === undefined
      ? []
      : listProblems(list, name, (each) => isText(each) && CAPABILITY.test(each), 0),
  );
}

function recordProblems(record: unknown, path: string, key: RegExp): string[] {
  if (record === undefined) return [];
  if (!isRecord(record)) return [`${path} is not an object`];
  return Object.entries(record)
    .filter(([name, value]) => !key.test(name) || typeof value !== 'string')
    .map(([name]) => `${path}.${name} has a bad name or is not a string`);
}

function listProblems(
  list: unknown,
  path: string,
  isGood: (item: unknown) => boolean,
  least = 1,
): string[] {
  if (!Array.isArray(list) || list.length < least) return [`${path} is empty`];
  return list.flatMap((item, index) =>
    isGood(item) ? [] : [`${path}[${index}] is not valid: ${JSON.stringify(item)}`],
  );
}

/** Values that stand in a list more than once. */
export function duplicates(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
