import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import os from 'node:os';

/** What a hook must not reach past its context. */
export interface Conditions {
  /** How far the wall clock is off, in milliseconds. */
  readonly clockShift: number;
  /** What `Math.random` gives. */
  readonly random: number;
}

type Access = (description: string) => void;
type Undo = () => void;
type Functions = Record<string, unknown>;

/** Only one hook at a time may run under traps, since they stand in the place of globals. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs a hook while the doors of Node that lead past the context are watched: files, network, programs, names,
 * host facts and environment. Nothing is forbidden, all is noted; the clock and `Math.random` are bent.
 */
export function underTraps<T>(
  conditions: Conditions,
  run: () => Promise<T>,
): Promise<{ value: T; accesses: readonly string[] }> {
  const mine = turn.then(async () => {
    const accesses = new Set<string>();
    const undo = setTraps(conditions, (description) => {
      if (isForeign(callerLine())) accesses.add(description);
    });
    try {
      return { value: await run(), accesses: [...accesses].sort() };
    } finally {
      undo();
    }
  });
  turn = mine.catch(() => undefined);
  return mine;
}

function setTraps(conditions: Conditions, access: Access): Undo {
  const undos = [
    ...trapModule(fs, 'fs', access),
    ...trapModule(fs.promises, 'fs.promises', access),
    ...trapModule(childProcess, 'child_process', access),
    ...trapModule(net, 'net', access, ['connect', 'createConnection']),
    ...trapModule(http, 'http', access, ['request', 'get']),
    ...trapModule(https, 'https', access, ['request', 'get']),
    ...trapModule(dns, 'dns', access),
    ...trapModule(dns.promises, 'dns.promises', access),
    ...trapModule(dgram, 'dgram', access, ['createSocket']),
    ...trapModule(os, 'os', access),
    ...trapModule(globalThis, 'globalThis', access, ['fetch']),
    ...trapModule(process, 'process', access, ['cwd', 'hrtime', 'memoryUsage', 'uptime']),
    trapEnvironment(access),
    bendClock(conditions.clockShift),
    bendRandom(conditions.random),
  ];
  syncBuiltinESMExports();
  return () => {
    for (const undo of undos.toReversed()) undo();
    syncBuiltinESMExports();
  };
}

/** Notes every call of a module's functions; classes and what is not a function stay as they are. */
function trapModule(
  module: object,
  name: string,
  access: Access,
  only?: readonly string[],
): Undo[] {
  const functions = module as Functions;
  const keys = only ?? Object.keys(functions).filter((key) => /^[a-z]/.test(key));
  return keys.flatMap((key) => {
    const original = Object.getOwnPropertyDescriptor(functions, key)?.value as unknown;
    if (typeof original !== 'function') return [];
    functions[key] = trapped(original as (...args: unknown[]) => unknown, `${name}.${key}`, access);
    return [() => void (functions[key] = original)];
  });
}

function trapped(original: (...args: unknown[]) => unknown, name: string, access: Access) {
  const trap = function (this: unknown, ...args: unknown[]): unknown {
    access(describeCall(name, args[0]));
    return Reflect.apply(original, this, args);
  };
  // `fs.realpath.native`, `process.hrtime.bigint` and the promisify symbols hang on the functions.
  return Object.defineProperties(trap, Object.getOwnPropertyDescriptors(original));
}

function describeCall(name: string, argument: unknown): string {
  const text = argument instanceof URL ? argument.href : argument;
  return typeof text === 'string' ? `${name}(${JSON.stringify(text)})` : `${name}()`;
}

function trapEnvironment(access: Access): Undo {
  const original = process.env;
  const note = (key: string | symbol): void => {
    if (typeof key === 'string') access(`process.env.${key}`);
  };
  process.env = new Proxy(original, {
    get: (target, key) => (note(key), Reflect.get(target, key) as unknown),
    has: (target, key) => (note(key), Reflect.has(target, key)),
    ownKeys: (target) => (note('*'), Reflect.ownKeys(target)),
  });
  return () => void (process.env = original);
}

function bendClock(shift: number): Undo {
  const original = Date;
  const now = (): number => original.now() + shift;
  globalThis.Date = new Proxy(original, {
    construct: (target, args: readonly unknown[]) =>
      args.length === 0 ? new target(now()) : (Reflect.construct(target, args) as Date),
    apply: () => new original(now()).toString(),
    get: (target, key, receiver) =>
      key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown),
  });
  return () => void (globalThis.Date = original);
}

function bendRandom(value: number): Undo {
  const original = Math.random;
  Math.random = () => value;
  return () => void (Math.random = original);
}

/** The stack line of whoever called the trapped function. */
function callerLine(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  return lines.find((line) => !line.includes(OWN_FILE)) ?? '';
}

const OWN_FILE = import.meta.url.replace('file://', '');

/** Node itself, module loaders and test frameworks read files and variables at any time; that is not the plugin's doing. */
function isForeign(line: string): boolean {
  return !/\(?node:|\/node_modules\/(?:vite|vitest|@vitest|jest|@jest|mocha|tsx|esbuild)\//.test(
    line,
  );
}
