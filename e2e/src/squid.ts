import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output, startDaemon, type Daemon, type KeyPair, type Listening } from '@mlcontainer/tools';

/** A company's proxy: it asks for a password, opens TLS with a CA of its own, and writes down who asked for what. */
export interface Proxy extends Daemon {
  /** With user and password. */
  readonly url: string;
  /** The hosts that were asked for, `host:port`, each once, sorted. */
  hosts(): Promise<string[]>;
}

export interface ProxyOptions extends Listening {
  readonly folder: string;
  readonly authority: KeyPair;
  /** The authority that the servers behind it are signed by. */
  readonly behind: string;
  /** Names that it alone can resolve. */
  readonly names: Readonly<Record<string, string>>;
}

const USER = 'builder';
const PASSWORD = 'correct horse';

/** Starts squid. It gives its rights up to the user `proxy`, to whom its folder belongs. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { folder, host, port, names } = options;
  await mkdir(folder, { recursive: true });
  const hosts = Object.entries(names).map(([name, address]) => `${address} ${name}`);
  await writeFile(join(folder, 'hosts'), `${hosts.join('\n')}\n`);
  const hash = (await output('openssl', ['passwd', '-apr1', PASSWORD])).trim();
  await writeFile(join(folder, 'users'), `${USER}:${hash}\n`);
  await writeFile(join(folder, 'squid.conf'), configuration(options));
  const database = ['-c', '-s', join(folder, 'certificates'), '-M', '4MB'];
  await output('/usr/lib/squid/security_file_certgen', database);
  await output('chown', ['-R', 'proxy:proxy', folder]);
  const daemon = await startDaemon('squid', ['-N', '-f', join(folder, 'squid.conf')], options);
  return {
    ...daemon,
    url: `http://${USER}:${encodeURIComponent(PASSWORD)}@${host}:${port}`,
    hosts: async () => {
      const log = await readFile(join(folder, 'access.log'), 'utf8');
      const asked = [...log.matchAll(/^\S+ \d+ (?:CONNECT (\S+)|\S+ https?:\/\/([^/\s]+))/gm)];
      return [...new Set(asked.map(([, tunnel, plain]) => tunnel ?? plain ?? ''))].toSorted();
    },
  };
}

function configuration({ folder, host, port, authority, behind }: ProxyOptions): string {
  const certificate = `tls-cert=${authority.cert} tls-key=${authority.key}`;
  return `
http_port ${host}:${port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB ${certificate}
sslcrtd_program /usr/lib/squid/security_file_certgen -s ${folder}/certificates -M 4MB
sslcrtd_children 2
tls_outgoing_options cafile=${behind}
ssl_bump bump all
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/users
auth_param basic children 1
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
hosts_file ${folder}/hosts
cache deny all
cache_mem 8 MB
logformat asked %tS %>Hs %rm %ru
access_log stdio:${folder}/access.log asked
cache_log ${folder}/cache.log
pid_filename ${folder}/squid.pid
coredump_dir ${folder}
visible_hostname proxy.test
shutdown_lifetime 0 seconds
`;
}
