import type { PushResult } from './pusher.ts';

/** The table of all pushes, each with its ratio to ours, the first. */
export function renderPushes(results: readonly PushResult[]): string {
  const row = (what: string, value: (result: PushResult) => number): string => {
    const [first] = results.map(value);
    const cells = results.map(value).map((seconds, at) => {
      const ratio = at > 0 && first !== undefined ? ` (${(seconds / first).toFixed(1)}×)` : '';
      return `${seconds.toFixed(2)} s${ratio}`;
    });
    return `| ${what} | ${cells.join(' | ')} |`;
  };
  return [
    `| to a registry | ${results.map(({ name }) => name).join(' | ')} |`,
    `| --- |${' --- |'.repeat(results.length)}`,
    row('first push of a built image', ({ first }) => first),
    row('again, nothing changed', ({ again }) => again),
    row(
      'another model: built and pushed',
      ({ changedBuild, changedPush }) => changedBuild + changedPush,
    ),
    row('another model: the push alone', ({ changedPush }) => changedPush),
    '',
  ].join('\n');
}
