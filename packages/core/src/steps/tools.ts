import { basePackages, pythonPackages } from '@mlcontainer/debian';
import type { DebianBase, Plan } from '@mlcontainer/plugin-kit';
import { hasScripts, hasSteps } from './planned.ts';

/** A shell and what command lines are made of. */
const SHELL = [
  'bash',
  'coreutils',
  'dash',
  'diffutils',
  'findutils',
  'grep',
  'gzip',
  'mawk',
  'sed',
  'tar',
];

/** What maintainer scripts may take for granted (Debian Policy 3.8, essential packages), and what most depend on. */
const SCRIPTS = [
  'adduser',
  'base-passwd',
  'debconf',
  'debianutils',
  'dpkg',
  'hostname',
  'init-system-helpers',
  'login',
  'ncurses-base',
  'passwd',
  'perl-base',
  'sysvinit-utils',
  'ucf',
  'util-linux',
];

/** What extension modules in C and C++ are compiled with. */
function compilers(suite: DebianBase['suite']): readonly string[] {
  const headers = `libpython${pythonPackages(suite).version}-dev`;
  return ['g++', 'gcc', 'libc6-dev', headers, 'make'];
}

/**
 * Debian packages that only the build container has, so that a step finds a shell and dpkg although the image holds
 * neither; sorted. Empty where the plan has no step, or where the base is an image with tools of its own.
 */
export function stepTools(plan: Pick<Plan, 'layers' | 'base' | 'sdists'>): readonly string[] {
  const compiles = plan.sdists !== undefined && plan.sdists.length > 0;
  if (plan.base.kind !== 'debian' || !(compiles || hasSteps(plan.layers))) return [];
  const { suite } = plan.base;
  const names = [
    ...SHELL,
    ...(hasScripts(plan.layers) ? SCRIPTS : []),
    ...(compiles ? compilers(suite) : []),
  ];
  const shipped = new Set([...basePackages(suite), ...pythonPackages(suite).packages]);
  return names.filter((name) => !shipped.has(name)).sort();
}
