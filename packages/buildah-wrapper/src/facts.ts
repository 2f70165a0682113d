import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { findProgram, type BuildahContext } from './programs.ts';

/** One thing that decides whether steps can run here. */
export interface MachineFact {
  readonly name: string;
  /** `missing` stands in the way; `limited` has a way round it. */
  readonly status: 'ok' | 'limited' | 'missing';
  readonly detail: string;
  /** What to do, where there is something. */
  readonly remedy?: string;
}

/** The oldest release with every option that is used. */
export const BUILDAH_MINIMUM = '1.28';

/** What this machine says of itself, without trying anything. */
export async function machineFacts(cx: BuildahContext): Promise<readonly MachineFact[]> {
  const root = process.getuid?.() === 0;
  return [
    userFact(root),
    ...(root ? [] : [await subordinateFact('subuid', cx), await subordinateFact('subgid', cx)]),
    ...(root ? [] : [await mapperFact(cx)]),
    await userNamespaceFact(root),
    await seccompFact(),
    await fuseFact(),
  ];
}

function userFact(root: boolean): MachineFact {
  if (root) return { name: 'user', status: 'ok', detail: 'root' };
  const account = accountName();
  if (account !== undefined)
    return { name: 'user', status: 'limited', detail: `${account}, not root` };
  const detail = `UID ${process.getuid?.()} has no passwd entry; buildah does not start without one`;
  const remedy =
    'Run as root, or give the UID an entry in /etc/passwd, /etc/subuid and /etc/subgid.';
  return { name: 'user', status: 'missing', detail, remedy };
}

function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** subuid(5): `name:start:count`. */
async function subordinateFact(
  kind: 'subuid' | 'subgid',
  _cx: BuildahContext,
): Promise<MachineFact> {
  const text = await readText(`/etc/${kind}`);
  const names = [accountName(), String(process.getuid?.())];
  const range = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name, , count]) => names.includes(name) && Number(count) >= 65_536);
  if (range !== undefined)
    return { name: kind, status: 'ok', detail: `${range[2]} ids from ${range[1]}` };
  const detail = `no range of 65536 ids in /etc/${kind}`;
  const option = kind === 'subuid' ? '--add-subuids' : '--add-subgids';
  const remedy = `As root: usermod ${option} 100000-165535 ${accountName() ?? '<user>'}`;
  return { name: kind, status: 'missing', detail, remedy };
}

async function mapperFact(cx: BuildahContext): Promise<MachineFact> {
  const found = await Promise.all(['newuidmap', 'newgidmap'].map((name) => findProgram(cx, name)));
  if (!found.includes(undefined))
    return { name: 'newuidmap', status: 'ok', detail: found.join(', ') };
  const remedy = 'Install it (Debian: apt-get install uidmap); it must be setuid root.';
  return { name: 'newuidmap', status: 'missing', detail: 'not installed', remedy };
}

async function userNamespaceFact(root: boolean): Promise<MachineFact> {
  const name = 'user namespaces';
  const limit = (await readText('/proc/sys/user/max_user_namespaces')).trim();
  const clone = (await readText('/proc/sys/kernel/unprivileged_userns_clone')).trim();
  const apparmor = (
    await readText('/proc/sys/kernel/apparmor_restrict_unprivileged_userns')
  ).trim();
  if (limit !== '' && limit !== '0' && clone !== '0' && apparmor !== '1')
    return { name, status: 'ok', detail: `at most ${limit}` };
  const detail =
    apparmor === '1'
      ? 'kept from users by AppArmor'
      : clone === '0'
        ? 'kept from users by kernel.unprivileged_userns_clone'
        : 'none allowed (user.max_user_namespaces)';
  const remedy = 'Run as root, or let the administrator allow them by sysctl.';
  return root ? { name, status: 'limited', detail } : { name, status: 'missing', detail, remedy };
}

/** proc(5), /proc/self/status: 2 is a filter. */
async function seccompFact(): Promise<MachineFact> {
  const status = await readText('/proc/self/status');
  const mode = /^Seccomp:\s*(\d)/m.exec(status)?.[1];
  const locked = /^NoNewPrivs:\s*1/m.test(status);
  const filter = mode === '2' ? 'a filter is on; it may deny unshare and mount' : 'no filter';
  const detail = locked ? `${filter}; no_new_privs, so newuidmap gains no rights` : filter;
  const status_ = mode === '2' || locked ? 'limited' : 'ok';
  return { name: 'seccomp', status: status_, detail };
}

async function fuseFact(): Promise<MachineFact> {
  const { access, constants } = await import('node:fs/promises');
  const name = '/dev/fuse';
  return access(name, constants.R_OK | constants.W_OK).then(
    () => ({ name, status: 'ok' as const, detail: 'there; not needed' }),
    () => ({ name, status: 'limited' as const, detail: 'not usable; not needed' }),
  );
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
