import type { Output } from '../context.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** Begin and end of a synchronized update, which most terminals paint at once and the others ignore. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

/** The last lines of a terminal, painted anew while everything above them stays. */
export interface LiveArea {
  /** Puts lines above for good, and these lines below them. */
  update(permanent: readonly string[], live: readonly string[]): void;
  /** Removes what is live and gives the cursor back. */
  close(): void;
}

/** A live area at the end of an output that is a terminal. */
export function liveArea(output: Output): LiveArea {
  let shown: readonly string[] = [];
  let isHidden = false;
  const update = (permanent: readonly string[], live: readonly string[]): void => {
    if (permanent.length === 0 && same(shown, live)) return;
    const back = shown.length === 0 ? '' : `\u001b[${shown.length}A\r`;
    const cursor = live.length > 0 && !isHidden ? HIDE_CURSOR : '';
    isHidden ||= live.length > 0;
    const lines = [...permanent, ...live].map((line) => `${line}\u001b[K\n`).join('');
    output.write(`${BEGIN}${cursor}${back}${lines}\u001b[J${END}`);
    shown = live;
  };
  const close = (): void => {
    if (shown.length > 0) update([], []);
    if (isHidden) output.write(SHOW_CURSOR);
    isHidden = false;
  };
  return { update, close };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
