import { readFile } from 'node:fs/promises';
import { output } from '@mlcontainer/tools';

/** A network namespace whose one cable leads to this machine. */
export interface Cable {
  readonly name: string;
  /** This machine's address at the other end. */
  readonly host: string;
  /** To start a program in it: `['ip', 'netns', 'exec', name]`. */
  readonly through: readonly string[];
  /** Bytes over the cable so far, of both directions and all protocols. */
  bytes(): Promise<number>;
  /** Cuts it: the namespace stays, and reaches nothing. */
  cut(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a namespace with an address of its own, and no route but to this machine's end of the cable. */
export async function layCable(subnet: number): Promise<Cable> {
  const name = `mlc-${process.pid}-${subnet}`;
  const near = `mlcv${subnet}a`;
  const far = `mlcv${subnet}b`;
  const host = `10.213.${subnet}.1`;
  const ip = (...args: string[]) => output('ip', args);
  await ip('netns', 'add', name);
  await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
  await ip('addr', 'add', `${host}/30`, 'dev', near);
  await ip('link', 'set', near, 'up');
  await ip('-n', name, 'addr', 'add', `10.213.${subnet}.2/30`, 'dev', far);
  await ip('-n', name, 'link', 'set', far, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  const counter = async (direction: string) =>
    Number(await readFile(`/sys/class/net/${near}/statistics/${direction}_bytes`, 'utf8'));
  return {
    name,
    host,
    through: ['ip', 'netns', 'exec', name],
    bytes: async () => (await counter('rx')) + (await counter('tx')),
    cut: async () => void (await ip('link', 'set', near, 'down')),
    remove: async () => void (await ip('netns', 'del', name)),
  };
}
