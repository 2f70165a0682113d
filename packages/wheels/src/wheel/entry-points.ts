import { mlcError } from '@mlcontainer/plugin-kit';

/** One script that an installer makes (entry points specification, console_scripts and gui_scripts). */
export interface EntryPoint {
  /** The script's file name. */
  readonly name: string;
  readonly module: string;
  /** Dotted attribute of the module that is called. */
  readonly attribute: string;
  readonly group: 'console_scripts' | 'gui_scripts';
}

const IDENTIFIER = String.raw`[\p{L}_][\p{L}\p{N}_]*`;
const TARGET = new RegExp(
  String.raw`^(${IDENTIFIER}(?:\.${IDENTIFIER})*)\s*:\s*(${IDENTIFIER}(?:\.${IDENTIFIER})*)\s*(?:\[[^\]]*\])?$`,
  'u',
);
const NAME = /^[\w.-]+$/;

/**
 * The scripts named in `entry_points.txt`, in the order of their names. A name that could leave the folder of
 * scripts, or a target that is not `module:attribute`, throws MLC5034: both would be written into the image.
 */
export function parseEntryPoints(file: string, text: string): EntryPoint[] {
  const found = new Map<string, EntryPoint>();
  let group = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('[') && line.endsWith(']')) group = line.slice(1, -1).trim();
    else if (group === 'console_scripts' || group === 'gui_scripts') {
      const point = parseLine(file, group, line);
      if (found.has(point.name)) throw fault(file, point.name, 'it is there twice');
      found.set(point.name, point);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function parseLine(file: string, group: EntryPoint['group'], line: string): EntryPoint {
  const split = line.indexOf('=');
  const name = line.slice(0, Math.max(split, 0)).trim();
  if (split < 0 || !NAME.test(name) || /^\.+$/.test(name)) {
    throw fault(file, name || line, 'the name is not a plain file name');
  }
  const target = TARGET.exec(line.slice(split + 1).trim());
  if (!target) throw fault(file, name, 'the target is not `module:attribute`');
  const [, module = '', attribute = ''] = target;
  return { name, module, attribute, group };
}

function fault(file: string, name: string, detail: string) {
  return mlcError('MLC5034', { file, name, detail });
}
