import { stripVTControlCharacters } from 'node:util';
import type { Style } from '../term/style.ts';
import {
  bytesText,
  padEnd,
  padStart,
  printable,
  shorten,
  timeText,
  widthOf,
} from '../term/text.ts';
import type { ActiveInput, Progress } from './progress.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Milliseconds a spinner's picture stands. */
const TURN = 80;
const MAX_LAYERS = 4;
const MAX_INPUTS = 4;
const SLOT = 12;

export interface FrameOptions {
  readonly style: Style;
  readonly width: number;
  readonly now: number;
}

/** The lines that show what goes on; none when nothing does. */
export function frame(progress: Progress, options: FrameOptions): string[] {
  if (progress.stages.size === 0) return [];
  const lines = [
    ...stageLines(progress, options),
    ...layerLines(progress, options),
    ...transferLines(progress.inputs, '↓', options),
    ...transferLines(progress.uploads, '↑', options),
  ];
  return lines.map((line) => clip(line, options.width));
}

/** A live line that wraps would be counted as one and painted over its neighbour. */
function clip(line: string, width: number): string {
  return widthOf(line) <= width ? line : shorten(stripVTControlCharacters(line), width);
}

function stageLines(progress: Progress, { style, now }: FrameOptions): string[] {
  const spinner = SPINNER[Math.floor(now / TURN) % SPINNER.length] ?? '';
  return [...progress.stages].map(([stage, since]) => {
    const elapsed = now - since;
    const time = elapsed >= 1000 ? style.dim(timeText(elapsed)) : '';
    const what = [stageDetail(stage, progress, style), time].filter((part) => part !== '');
    return `${style.name(spinner)} ${padEnd(stage, SLOT)}${what.join('  ')}`;
  });
}

function stageDetail(stage: string, progress: Progress, style: Style): string {
  if (progress.waiting !== undefined) return style.warn(`waiting for ${progress.waiting}`);
  if (stage !== 'layers' || progress.doneLayers === 0) return '';
  return style.dim(`${progress.doneLayers} done, ${progress.reusedLayers} reused`);
}

function layerLines({ layers }: Progress, { style, width, now }: FrameOptions): string[] {
  const room = Math.max(12, width - SLOT - 20);
  const lines = [...layers.values()].slice(0, MAX_LAYERS).map(({ slot, title, since }) => {
    const time = now - since >= 1000 ? style.dim(`  ${timeText(now - since)}`) : '';
    return `  ${style.name('·')} ${style.dim(padEnd(slot, SLOT + 2))}${shorten(printable(title), room)}${time}`;
  });
  return withRest(lines, layers.size - MAX_LAYERS, style);
}

function transferLines(
  inputs: Progress['inputs'],
  arrow: string,
  { style, width }: FrameOptions,
): string[] {
  const lines = [...inputs].slice(0, MAX_INPUTS).map(([name, input]) => {
    const room = Math.max(12, width - 46);
    return `  ${style.name(arrow)} ${padEnd(shorten(printable(name), Math.min(room, 48)), Math.min(room, 48))} ${bar(input, style)}`;
  });
  return withRest(lines, inputs.size - MAX_INPUTS, style);
}

function withRest(lines: string[], rest: number, style: Style): string[] {
  return rest > 0 ? [...lines, style.dim(`    and ${rest} more`)] : lines;
}

const BAR = 12;

function bar({ received, size }: ActiveInput, style: Style): string {
  if (size === undefined || size === 0) return padStart(bytesText(received), 8);
  const full = Math.round(BAR * Math.min(1, received / size));
  const line = style.good('━'.repeat(full)) + style.dim('━'.repeat(BAR - full));
  return `${line} ${padStart(bytesText(received), 8)} ${style.dim(`of ${bytesText(size)}`)}`;
}
