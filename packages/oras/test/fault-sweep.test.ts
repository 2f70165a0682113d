import type { Misfortune, RegistryOptions } from '@mlcontainer/testing';
import { describe, expect, it } from 'vitest';

import { ANN, endOf, IMPATIENT, USERS, withLab, type Lab, type LabOptions } from './support/lab.ts';
import { OPERATIONS, type Operation } from './support/operations.ts';

/**
 * Every request of every operation is struck by every fault, once and from then on. Struck once, the operation ends
 * well; struck for good, it ends well or with one error of the catalogue. It never hangs, and a tag never names what
 * is not there.
 */
const FAULTS: Readonly<Record<string, Misfortune | readonly Misfortune[]>> = {
  'F6 429 with seconds': { kind: 'answer', status: 429, headers: { 'retry-after': '3' } },
  'F6 429 with a date': { kind: 'answer', status: 429, headers: { 'retry-after': '{date+30}' } },
  'F6 429 with a date gone by': {
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': '{date-30}' },
  },
  'F6 429 with garbage': { kind: 'answer', status: 429, headers: { 'retry-after': 'soon' } },
  'F6 503': { kind: 'answer', status: 503 },
  'F7 500 in JSON': {
    kind: 'answer',
    status: 500,
    headers: { 'content-type': 'application/json' },
    body: '{"errors":[{"code":"UNKNOWN","message":"the store is down"}]}',
  },
  'F7 502 of a gateway': {
    kind: 'answer',
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><body>Bad Gateway</body></html>',
  },
  'F22 504 without a body': { kind: 'answer', status: 504 },
  'F22 500 with an empty list of errors': { kind: 'answer', status: 500, body: '{"errors":[]}' },
  'F8 cut on arrival': { kind: 'cut', at: 'arrival' },
  'F8 cut in the request': { kind: 'cut', at: { requestBytes: 20_000 } },
  'F8 cut before the answer': { kind: 'cut', at: 'answer' },
  'F8 cut after the headers': { kind: 'cut', at: 'headers' },
  'F8 cut in the answer': { kind: 'cut', at: { responseBytes: 100 } },
  'F24 restarted, and the answer lost': [{ kind: 'forget-uploads' }, { kind: 'cut', at: 'answer' }],
  'F24 restarted before it': { kind: 'forget-uploads' },
  'F2 tokens gone': { kind: 'revoke-tokens' },
};

const STALLS: Readonly<Record<string, Misfortune>> = {
  'F8 stall on arrival': { kind: 'stall', at: 'arrival' },
  'F8 stall before the answer': { kind: 'stall', at: 'answer' },
  'F8 stall after the headers': { kind: 'stall', at: 'headers' },
};

/** An error of the registry client, or that no answer came. */
const TYPED = /^MLC(65\d\d|7001)$/;

const TOKENS: RegistryOptions = { authentication: { kind: 'bearer', users: USERS } };

/** What is swept: every operation with tokens, and the tag schema where a registry lists no referrers. */
const SWEPT: readonly (readonly [name: string, operation: Operation, registry: RegistryOptions])[] =
  [
    ...OPERATIONS.map((operation) => [operation.name, operation, TOKENS] as const),
    ...OPERATIONS.filter(({ name }) => name === 'referrers').map(
      (operation) => ['referrers by tag', operation, { profile: 'no-referrers' }] as const,
    ),
  ];

interface Course {
  readonly end: string;
  readonly requests: number;
}

async function struck(
  operation: Operation,
  registry: RegistryOptions,
  then: Misfortune | readonly Misfortune[],
  nth: number | { readonly from: number },
  http: LabOptions['http'] = {},
): Promise<Course> {
  const faults = [{ name: 'struck', on: { nth }, then }];
  return withLab({ credential: ANN, http, registry: { ...registry, faults } }, async (lab) => {
    await operation.prepare(lab);
    const end = await endOf(operation.run(lab));
    if (end === 'done') await operation.check(lab);
    else expect(end).toMatch(TYPED);
    expectNoDanglingTag(lab);
    return { end, requests: lab.registry.journal.of({ server: 'registry' }).length };
  });
}

function expectNoDanglingTag({ registry }: Lab): void {
  for (const tag of registry.tags('team/app'))
    expect(registry.readManifest('team/app', tag)).toBeDefined();
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

describe.each(SWEPT)('%s', (_name, operation, registry) => {
  const clean = () => struck(operation, registry, { kind: 'forget-uploads' }, 0);

  it.each(Object.entries(FAULTS))('%s: once at each request', async (_fault, then) => {
    const { end, requests } = await clean();
    expect(end).toBe('done');
    const all = await Promise.all(
      upTo(requests).map((nth) => struck(operation, registry, then, nth)),
    );
    expect(all.map((course) => course.end)).toEqual(all.map(() => 'done'));
  });

  it.each(Object.entries(FAULTS))('%s: from each request on', async (_fault, then) => {
    const { requests } = await clean();
    const all = await Promise.all(
      upTo(requests).map((from) => struck(operation, registry, then, { from })),
    );
    expect(all).toHaveLength(requests);
    // Nobody asks forever.
    expect(Math.max(...all.map((course) => course.requests))).toBeLessThan(200);
  });

  it.each(Object.entries(STALLS))('%s: once at each request', async (_fault, then) => {
    const { requests } = await clean();
    const impatient = { timeouts: IMPATIENT };
    const all = await Promise.all(
      upTo(requests).map((nth) => struck(operation, registry, then, nth, impatient)),
    );
    expect(all.map((course) => course.end)).toEqual(all.map(() => 'done'));
  });
});
