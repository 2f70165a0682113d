import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that a process and all its descendants held at most at one time, shared pages counted once (Pss). */
export interface MemoryWatch {
  stop(): Promise<number>;
}

const INTERVAL = 25;

/** Watches a process tree until it is stopped; reads /proc, so Linux and root's rights over the processes. */
export function watchMemory(root: number): MemoryWatch {
  let watching = true;
  let peak = 0;
  const done = (async () => {
    while (watching) {
      peak = Math.max(peak, await treeMemory(root));
      await sleep(INTERVAL);
    }
  })();
  return {
    stop: async () => {
      watching = false;
      await done;
      return peak;
    },
  };
}

async function treeMemory(root: number): Promise<number> {
  const parents = await parentsOfAll();
  const inTree = (pid: number): boolean => {
    if (pid === root) return true;
    const parent = parents.get(pid);
    return parent !== undefined && parent > 1 && inTree(parent);
  };
  const sizes = await Promise.all([...parents.keys()].filter(inTree).map(proportionalSize));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function parentsOfAll(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const stats = await Promise.all(pids.map(async (pid) => [pid, await read(pid, 'stat')] as const));
  // The second field is the program's name in parentheses and may hold anything; the parent is the fourth.
  return new Map(
    stats.map(([pid, text]) => [
      pid,
      Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1] ?? 0),
    ]),
  );
}

async function proportionalSize(pid: number): Promise<number> {
  return Number(/^Pss:\s+(\d+) kB/m.exec(await read(pid, 'smaps_rollup'))?.[1] ?? 0) * 1024;
}

async function read(pid: number, file: string): Promise<string> {
  return await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}
