import type { EngineEvent, Host } from '@mlcontainer/plugin-kit';

/** A host that can be told to end, and that lets other text pass without tearing its lines. */
export interface CliHost extends Host {
  /** Writes a line for people. */
  line(text: string): void;
  /** Paints for the last time; nothing of it stays but what is done. */
  close(): void;
}

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LEVEL_OF: Readonly<Partial<Record<EngineEvent['code'], LogLevel>>> = {
  warning: 'warn',
  detail: 'debug',
  'input-start': 'debug',
  'input-progress': 'debug',
  'blob-progress': 'debug',
  'input-done': 'debug',
  'layer-start': 'debug',
  'stage-start': 'debug',
};

/** Whether a host of this level shows an event. */
export function isShown(event: EngineEvent, level: LogLevel): boolean {
  return LOG_LEVELS.indexOf(LEVEL_OF[event.code] ?? 'info') <= LOG_LEVELS.indexOf(level);
}
