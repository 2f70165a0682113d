import { mlcError, nearest, type Plugin, type Support } from '@mlcontainer/plugin-kit';
import type { CommandRun, Invocation } from '../command/types.ts';
import type { pluginsCommand } from '../table/understand.ts';
import { columns, padEnd } from '../term/text.ts';
import { json } from './json.ts';
import { openEngine, openProject } from './project.ts';

type Options = (typeof pluginsCommand)['options'];
type Call = Invocation<Options>;

export const run: CommandRun<Options> = async (call) => {
  const { options, args } = call;
  const [action = 'list', name] = args;
  if (action === 'info' && name === undefined) {
    throw mlcError('MLC1104', { command: 'plugins info', what: '<name>' });
  }
  const { plugins } = await openProject(await openEngine(call), 'plugins', options);
  if (action === 'list') list(call, plugins);
  else info(call, find(plugins, name ?? ''));
  return 0;
};

function list(call: Call, plugins: readonly Plugin[]): void {
  const documents = plugins.map(({ name, kind, version, docs }) => ({ name, kind, version, docs }));
  if (call.options.json) return call.print(json({ plugins: documents }));
  if (plugins.length === 0) return call.say('The config names no plugins.');
  const { outStyle } = call;
  call.print(
    columns(
      documents.map(({ name, kind, version, docs }) => [
        outStyle.strong(name),
        kind,
        version,
        outStyle.dim(docs),
      ]),
    ),
  );
}

function find(plugins: readonly Plugin[], value: string): Plugin {
  const names = plugins.map(({ name }) => name);
  const found = plugins.find(({ name }) => name === value);
  if (found !== undefined) return found;
  const expected = `one of ${names.join(', ') || 'none'}`;
  throw mlcError('MLC1103', { option: '<name>', value, expected, near: nearest(value, names) });
}

function info(call: Call, plugin: Plugin): void {
  const { name, kind, version, api, docs } = plugin;
  const supports = plugin.kind === 'target' ? plugin.supports : undefined;
  const hooks = ['detect', 'contribute', 'constrain', 'emit', 'deploy'].filter(
    (hook) => hook in plugin,
  );
  if (call.options.json) {
    const globals = plugin.kind === 'target' ? undefined : plugin.globals;
    return call.print(
      json({ plugin: { name, kind, version, api, docs, hooks, supports, globals } }),
    );
  }
  const { outStyle } = call;
  const rows = [
    ['kind', kind],
    ['version', `${version} (plugin API ${api})`],
    ['hooks', hooks.join(', ')],
    ['manual', docs],
  ].map(([key = '', value = '']) => [outStyle.dim(key), value]);
  const lines = [outStyle.strong(name), columns(rows, '  ')];
  if (supports) lines.push('', outStyle.strong('supports'), supportLines(call, supports));
  call.print(lines.join('\n'));
}

function supportLines({ outStyle }: Call, supports: Readonly<Record<string, Support>>): string {
  const styles = {
    stable: outStyle.good,
    limited: outStyle.warn,
    experimental: outStyle.warn,
    unsupported: outStyle.bad,
  };
  return Object.entries(supports)
    .map(([feature, support]) => {
      const { support: level, message = '' } = typeof support === 'string' ? { support } : support;
      return `  ${padEnd(feature, 16)} ${styles[level](padEnd(level, 12))} ${outStyle.dim(message)}`.trimEnd();
    })
    .join('\n');
}
