import { setTimeout as sleep } from 'node:timers/promises';
import { capture, output } from '../process.ts';
import { ROOT } from '../task.ts';
import { median } from './measure.ts';

/** How an image serves, in a container of the same engine as the others. */
export interface Serving {
  /** From the start of the container to the first prediction, the median of some starts. */
  readonly firstSeconds: number;
  /** Predictions of one row each, over 16 connections. */
  readonly perSecond: number;
}

const STARTS = 5;
const CONNECTIONS = 16;

/** Starts an image several times, asks for one prediction, and puts the last one under load. */
export async function serving(
  image: string,
  body: string,
  command: readonly string[] = [],
): Promise<Serving> {
  const times: number[] = [];
  let perSecond = 0;
  for (let round = 0; round < STARTS; round += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const url = `http://127.0.0.1:${port}/predict`;
    const started = performance.now();
    const args = ['run', '--detach', '--network=host', `--env=PORT=${port}`, image, ...command];
    const id = (await output('docker', args)).trim();
    try {
      await firstPrediction(url, body);
      times.push((performance.now() - started) / 1000);
      if (round === STARTS - 1) perSecond = await load(url, body);
    } finally {
      await capture('docker', ['rm', '--force', id]);
    }
  }
  return { firstSeconds: median(times), perSecond };
}

async function firstPrediction(url: string, body: string): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(5);
  }
  throw new Error(`No prediction from ${url} within a minute.`);
}

async function load(url: string, body: string): Promise<number> {
  const args = [
    '--threads=1',
    `--connections=${CONNECTIONS}`,
    '--duration=8s',
    '--script=bench/predict.lua',
    url,
  ];
  const said = await output('wrk', args, { cwd: ROOT, env: { MLC_BODY: body } });
  if (/Non-2xx/.test(said)) throw new Error(`Not every request was answered:\n${said}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1] ?? Number.NaN);
}
