import { median, type Measured } from './measure.ts';
import type { Serving } from './serving.ts';
import type { Subject } from './subject.ts';

/** What was measured of one subject. */
export interface Result {
  readonly name: string;
  readonly version: string;
  readonly coldSeconds: number;
  /** Of these for pulling the base image; absent where there is none. */
  readonly baseSeconds?: number;
  readonly againSeconds: number;
  readonly modelSeconds: number;
  readonly bytes: number;
  /** Bytes; absent where the builder's memory was not measured. */
  readonly memory?: number;
  readonly serving: readonly (Serving & { readonly what: string })[];
}

/** How often each kind of build is measured; the median counts. */
const ROUNDS = { cold: 3, again: 5 };

/** Measures the builds of one subject, one after the other. */
export async function measureBuilds(subject: Subject): Promise<Omit<Result, 'serving'>> {
  const cold = await times(ROUNDS.cold, () => subject.cold('time'));
  const pulls = cold.flatMap(({ base }) => base ?? []);
  const again = await times(ROUNDS.again, () => subject.again());
  const model = await subject.model();
  const bytes = await subject.size();
  const memory = subject.memory ? { memory: (await subject.cold('memory')).memory } : {};
  return {
    name: subject.name,
    version: subject.version,
    coldSeconds: median(cold.map(({ seconds }) => seconds)),
    ...(pulls.length === 0 ? {} : { baseSeconds: median(pulls) }),
    againSeconds: median(again.map(({ seconds }) => seconds)),
    modelSeconds: model.seconds,
    bytes,
    ...memory,
  };
}

async function times(rounds: number, run: () => Promise<Measured>): Promise<Measured[]> {
  const runs: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) runs.push(await run());
  return runs;
}

/** The table of all results, each with its ratio to ours, the first. */
export function renderResults(results: readonly Result[]): string {
  const [ours] = results;
  if (!ours) return '';
  const serving = results.flatMap((result) =>
    result.serving.map((one) => ({ ...one, name: result.name })),
  );
  const rows = [
    row('nothing cached → OCI layout', results, (r) => r.coldSeconds, seconds),
    row('of that, pulling the base image', results, (r) => r.baseSeconds, seconds, 'none to pull'),
    row('again, nothing changed', results, (r) => r.againSeconds, seconds),
    row('again, another model', results, (r) => r.modelSeconds, seconds),
    row('compressed image', results, (r) => r.bytes, megabytes),
    row("builder's peak memory", results, (r) => r.memory, megabytes),
  ];
  const head = `| what | ${results.map(({ name, version }) => `${name} ${version}`).join(' | ')} |`;
  const builds = [head, `| --- |${' --- |'.repeat(results.length)}`, ...rows];
  const served = serving.map(
    ({ name, what, firstSeconds, perSecond }) =>
      `| ${name}: ${what} | ${seconds(firstSeconds)} | ${Math.round(perSecond)} |`,
  );
  const servingHead = [
    '| served by | container start → first prediction | predictions per second |',
    '| --- | --- | --- |',
  ];
  return [...builds, '', ...servingHead, ...served, ''].join('\n');
}

function row(
  what: string,
  results: readonly Result[],
  value: (result: Result) => number | undefined,
  show: (value: number) => string,
  absent = 'not measured',
): string {
  const [first] = results.map(value);
  const cells = results.map(value).map((own, index) => {
    if (own === undefined) return absent;
    const ratio = index > 0 && first !== undefined ? ` (${(own / first).toFixed(1)}×)` : '';
    return show(own) + ratio;
  });
  return `| ${what} | ${cells.join(' | ')} |`;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function megabytes(value: number): string {
  return `${(value / 1e6).toFixed(1)} MB`;
}
