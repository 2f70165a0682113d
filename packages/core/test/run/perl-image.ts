import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  assembleImage,
  layoutContent,
  withParents,
  writeLayer,
  writeLayout,
  type BlobSource,
  type Entry,
  type ImageLayer,
  type LayerCompression,
} from '@mlcontainer/oci';

/**
 * An HTTP server in the Perl that every Debian has: health, what it sees of its container, and an end by SIGTERM.
 * MODE in the environment makes it die, dawdle, or ignore SIGTERM.
 */
const SERVER = String.raw`
use strict; use Socket; $| = 1;
my $mode = $ENV{MODE} // '';
if ($mode eq 'die') { print "about to die\n"; print STDERR "reason on stderr\n"; exit 3 }
my $stop = 0;
$SIG{TERM} = $mode eq 'stubborn' ? 'IGNORE' : sub { print "stopping\n"; exit 0 };
$SIG{PIPE} = 'IGNORE';
my $port = $ENV{PORT} // 8080;
my $host = $ENV{MLCONTAINER_HOST} // '0.0.0.0';
socket(my $s, PF_INET, SOCK_STREAM, 6) or die "socket $!";
setsockopt($s, SOL_SOCKET, SO_REUSEADDR, pack('l', 1));
bind($s, sockaddr_in($port, inet_aton($host))) or die "bind $port $!";
listen($s, 16); print "listening\n";
my $born = time;
sub try_write { my $p = shift; open(my $f, '>', $p) or return 'no'; close $f; unlink $p; 'yes' }
while (1) {
  accept(my $c, $s) or next;
  my $line = <$c>; while (my $h = <$c>) { last if $h =~ /^\r?\n$/ }
  my $ok = !($mode eq 'slow' && time - $born < 1);
  my $caps = 'none'; if (open(my $p, '<', '/proc/self/status')) { while (<$p>) { $caps = $1 if /CapEff:\s*(\w+)/ } }
  my $body = sprintf '{"uid":%d,"gid":%d,"root":"%s","tmp":"%s","caps":"%s","home":"%s","added":"%s","pwd":"%s","hidden":"%s"}',
    $>, $)+0, try_write('/x'), try_write('/tmp/x'), $caps, $ENV{HOME} // '', $ENV{ADDED} // '', readlink('/proc/self/cwd') // '', -e '/opt/hidden' ? 'seen' : 'gone';
  my $status = $line =~ m{/v2/health/ready} && !$ok ? '503 No' : '200 OK';
  print $c "HTTP/1.1 $status\r\ncontent-length: " . length($body) . "\r\nconnection: close\r\n\r\n$body"; close $c;
}
`;

function file(path: string, bytes: Uint8Array, mode = 0o644): Entry {
  return { type: 'file', path, mode, content: { kind: 'bytes', bytes } };
}

/** Where Debian keeps Perl's own modules, without /usr/share. */
const LIBRARY = `usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

/** Perl with its libraries, from this machine. Throws with the remedy where there is none. */
function perlEntries(): Entry[] {
  const base = `/${LIBRARY}/perl-base`;
  if (!statSync(base, { throwIfNoEntry: false }))
    throw new Error(`${base} is missing: apt-get install perl-base`);
  const linked = execFileSync('ldd', ['/usr/bin/perl'], { encoding: 'utf8' });
  const libraries = [...linked.matchAll(/(\/\S+\.so\S*)/g)].map((match) => match[1] ?? '');
  const modules = readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && !item.parentPath.includes('unicore'))
    .map((item) => join(item.parentPath, item.name));
  const paths = ['/usr/bin/perl', ...libraries, ...modules];
  return paths.map((path) => {
    const merged = path.startsWith('/lib') ? `usr${path}` : path.slice(1);
    return file(merged, readFileSync(realpathSync(path)), 0o755);
  });
}

/** Links of merged /usr, and a file that an upper layer hides. */
const FIRST: Entry[] = [
  { type: 'symlink', path: 'lib', mode: 0o777, target: 'usr/lib' },
  { type: 'symlink', path: 'lib64', mode: 0o777, target: 'usr/lib64' },
  file('opt/hidden', Buffer.from('x')),
  file('etc/passwd', Buffer.from('nonroot:x:65532:65532::/home/nonroot:/nonexistent\n')),
];

const SECOND: Entry[] = [file('opt/server.pl', Buffer.from(SERVER))];

export interface PerlImage {
  readonly layout: string;
  readonly digest: string;
}

/** Writes the layout of a small image that really runs, into a folder. */
export async function perlImage(
  folder: string,
  user = '65532:65532',
  compressions: readonly LayerCompression[] = ['gzip-members', 'zstd'],
): Promise<PerlImage> {
  const signal = new AbortController().signal;
  const blobs: BlobSource[] = [];
  const layers: ImageLayer[] = [];
  const contents = [[...FIRST, ...perlEntries()], SECOND];
  for (const [index, entries] of contents.entries()) {
    const path = join(folder, `layer-${index}`);
    const parts: Uint8Array[] = [];
    const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const compression = compressions[index] ?? 'gzip';
    const write = (part: Uint8Array): void => void parts.push(Uint8Array.from(part));
    const written = await writeLayer(withParents(sorted), write, { compression, signal });
    writeFileSync(path, Buffer.concat(parts));
    const { mediaType, digest, size, diffId } = written;
    const descriptor = { mediaType, digest, size };
    blobs.push({ descriptor, source: { path } });
    layers.push({ descriptor, diffId, history: { createdBy: 'test' } });
  }
  const whiteouts = whiteoutLayer();
  blobs.push({ descriptor: whiteouts.descriptor, source: { bytes: whiteouts.bytes } });
  layers.push({
    descriptor: whiteouts.descriptor,
    diffId: whiteouts.descriptor.digest,
    history: { createdBy: 'test' },
  });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const image = assembleImage({
    platform: { os: 'linux', architecture },
    layers,
    config: {
      user,
      workingDir: '/opt',
      entrypoint: ['perl', '/opt/server.pl'],
      env: { PATH: '/usr/bin', HOME: '/home/nonroot' },
      exposedPorts: ['8080/tcp'],
    },
  });
  const layout = join(folder, 'layout');
  await writeLayout(layout, layoutContent(image, blobs), { signal });
  return { layout, digest: image.descriptor.digest };
}

/** A layer that takes /opt/hidden away; our own writer refuses whiteouts, foreign images have them. */
function whiteoutLayer() {
  const bytes = execFileSync(
    'sh',
    [
      '-c',
      'd=$(mktemp -d) && mkdir $d/opt && : > $d/opt/.wh.hidden && tar -C $d --owner=0 --group=0 --mtime=@0 -c opt/.wh.hidden; rm -r $d',
    ],
    { maxBuffer: 1 << 20 },
  );
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const;
  const mediaType = 'application/vnd.oci.image.layer.v1.tar';
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
}
