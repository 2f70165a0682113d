import type { Headers } from '../exchange.ts';
import type { Endpoint } from '../routes.ts';
import type { Fault, Misfortune, Occasion } from './fault.ts';

/** What of a request a fault can be tied to. */
export interface Subject {
  readonly server: 'registry' | 'token';
  readonly endpoint: Endpoint;
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers: Headers;
}

/** Something that happens to this request. */
export interface Strike {
  readonly fault: string;
  /** The number of the occasion, from 1. */
  readonly nth: number;
  readonly what: Misfortune;
}

/** The faults of a registry, with their counts. */
export interface Faults {
  add(...faults: readonly Fault[]): void;
  clear(): void;
  /** Counts this request, and says what happens to it. */
  strikes(subject: Subject): readonly Strike[];
}

/** Faults that are counted from now on. */
export function createFaults(initial: readonly Fault[] = []): Faults {
  const counts = new Map<Fault, number>(initial.map((fault) => [fault, 0]));
  return {
    add: (...faults) => {
      for (const fault of faults) counts.set(fault, 0);
    },
    clear: () => counts.clear(),
    strikes: (subject) => {
      const found: Strike[] = [];
      for (const [fault, before] of counts) {
        if (!fits(fault.on, subject)) continue;
        const nth = before + 1;
        counts.set(fault, nth);
        if (isTurn(fault.on.nth, nth)) found.push(...strikesOf(fault, nth));
      }
      return found;
    },
  };
}

function strikesOf({ name, then }: Fault, nth: number): readonly Strike[] {
  const all = Array.isArray(then) ? (then as readonly Misfortune[]) : [then as Misfortune];
  return all.map((what) => ({ fault: name, nth, what }));
}

function isTurn(wanted: Occasion['nth'], nth: number): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted === 'number') return wanted === nth;
  return 'from' in wanted ? nth >= wanted.from : wanted.includes(nth);
}

function fits(on: Occasion, subject: Subject): boolean {
  return (
    (on.server ?? 'registry') === subject.server &&
    isAmong(on.endpoint, subject.endpoint) &&
    isAmong(on.method, subject.method) &&
    (on.path?.test(subject.path) ?? true) &&
    Object.entries(on.headers ?? {}).every(([name, wanted]) =>
      fitsHeader(wanted, subject.headers[name.toLowerCase()]),
    )
  );
}

function isAmong(wanted: string | readonly string[] | undefined, value: string): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? wanted === value : wanted.includes(value);
}

function fitsHeader(wanted: RegExp | null, value: string | undefined): boolean {
  if (wanted === null) return value === undefined;
  return value !== undefined && wanted.test(value);
}
