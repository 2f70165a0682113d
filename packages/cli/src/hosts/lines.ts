import { relative } from 'node:path';
import type { EngineEvent } from '@mlcontainer/plugin-kit';
import type { Style } from '../term/style.ts';
import { bytesText, padEnd, padStart, printable, shorten, timeText } from '../term/text.ts';

/** Columns of a layer's title, a size, a time. */
const TITLE = 40;
const SIZE = 8;
const SLOT = 12;

/** How lines are written. */
export interface LineOptions {
  readonly style: Style;
  /** Paths are shown relative to it. */
  readonly cwd: string;
  /** Columns of the terminal. */
  readonly width: number;
}

/** The line of an event that stays on a terminal; undefined for events that only move the live lines. */
export function terminalLine(event: EngineEvent, options: LineOptions): string | undefined {
  const { style } = options;
  switch (event.code) {
    case 'stage-done':
      return stageLine(event, options);
    case 'layer-done':
      return layerLine(event, options);
    case 'output':
      return outputLine(event, options);
    case 'warning':
      return `  ${style.warn('!')} ${style.warn('warning')} ${from(event.plugin, style)}${printable(event.message)}`;
    case 'note':
      return `  ${style.dim('·')} ${printable(event.message)}`;
    case 'detail':
      return `  ${style.dim(`· ${printable(event.message)}`)}`;
    case 'blob-done':
      return event.how === 'present' ? undefined : blobLine(event, options);
    case 'container-log':
      return `  ${style.dim('│')} ${printable(event.line)}`;
    default:
      return undefined;
  }
}

/** What a build writes stands in its summary; the lock is the one file beside it. */
function outputLine(
  event: Extract<EngineEvent, { code: 'output' }>,
  { style, cwd }: LineOptions,
): string | undefined {
  if (event.kind !== 'lock') return undefined;
  return `  ${style.good('→')} ${padEnd('wrote', SLOT)}${style.name(shown(event.path, cwd))}`;
}

function from(plugin: string | undefined, style: Style): string {
  return plugin === undefined ? '' : `${style.dim(`[${plugin}]`)} `;
}

function stageLine(
  event: Extract<EngineEvent, { code: 'stage-done' }>,
  { style, width, cwd }: LineOptions,
): string {
  const time = event.ms >= 100 ? ` ${style.dim(timeText(event.ms))}` : '';
  const room = Math.max(10, width - SLOT - 16);
  const summary = shorten(printable(shown(event.summary ?? '', cwd)), room);
  return `${style.good('✔')} ${padEnd(event.stage, SLOT)}${summary}${time}`;
}

function layerLine(
  event: Extract<EngineEvent, { code: 'layer-done' }>,
  { style, width }: LineOptions,
): string {
  const titleWidth = Math.min(TITLE, Math.max(12, width - SLOT - SIZE - 18));
  const title = padEnd(shorten(printable(event.title), titleWidth), titleWidth);
  const size = padStart(bytesText(event.size), SIZE);
  const how = event.reused ? style.dim('reused') : timeText(event.ms);
  const mark = event.reused ? style.dim('=') : style.good('+');
  return `  ${mark} ${style.dim(padEnd(event.slot, SLOT + 2))}${title}  ${size}  ${how}`;
}

function blobLine(
  { name, size, how }: Extract<EngineEvent, { code: 'blob-done' }>,
  { style, width }: LineOptions,
): string {
  const titleWidth = Math.min(TITLE, Math.max(12, width - SLOT - SIZE - 18));
  const title = padEnd(shorten(printable(name), titleWidth), titleWidth);
  return `  ${style.good('↑')} ${style.dim(padEnd(how, SLOT + 2))}${title}  ${padStart(bytesText(size), SIZE)}`;
}

/** A path below the folder of the user, relative to it; anything else as it is. */
export function shown(path: string, cwd: string): string {
  if (!path.startsWith('/')) return path;
  const short = relative(cwd, path);
  return short.startsWith('..') || short === '' ? path : short;
}

/** An event as a line of a log, without colours; undefined where a log has no use for it. */
export function plainLine(event: EngineEvent, cwd: string): string | undefined {
  switch (event.code) {
    case 'stage-done': {
      const summary = event.summary ? `: ${printable(shown(event.summary, cwd))}` : '';
      return `${event.stage}${summary} (${timeText(event.ms)})`;
    }
    case 'layer-done': {
      const how = event.reused ? 'reused' : timeText(event.ms);
      return `layer: ${event.slot} ${printable(event.title)} ${bytesText(event.size)} (${how})`;
    }
    case 'input-done':
      return event.reused ? undefined : `fetched: ${event.name} ${bytesText(event.size)}`;
    case 'output':
      return `wrote: ${event.kind} ${shown(event.path, cwd)}`;
    case 'warning':
      return `warning: ${event.plugin === undefined ? '' : `[${event.plugin}] `}${printable(event.message)}`;
    case 'note':
      return `note: ${printable(event.message)}`;
    case 'detail':
      return `detail: ${printable(event.message)}`;
    case 'blob-done':
      return plainBlobLine(event);
    case 'waiting':
      return `waiting: ${event.plugin} (${event.hook}) for ${timeText(event.ms)}`;
    case 'container-log':
      return printable(event.line);
    default:
      return undefined;
  }
}

function plainBlobLine({
  name,
  size,
  how,
}: Extract<EngineEvent, { code: 'blob-done' }>): string | undefined {
  return how === 'present' ? undefined : `${how}: ${printable(name)} ${bytesText(size)}`;
}
