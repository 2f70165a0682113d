/**
 * What the image's interpreter runs. It stands here as text, so that it survives bundling. Frames, all numbers
 * big-endian: in, for each file until the end of input, `u32 length, path` and `u32 length, source`; out, `u32
 * length, hello` once, then for each file in the same order `u8 status, u32 length, bytes`, where status 0 is a pyc
 * and status 1 the reason why there is none.
 *
 * A pyc is the 16-byte header of PEP 552 with flags 1 (hash-based, not checked against the source when it is
 * imported) and then marshal data; `compile` gets bytes, so that the source's own encoding line counts (PEP 263).
 *
 * Its imports are built in or frozen: the interpreter was unpacked without the rest of the standard library. It ends
 * without taking itself apart: that takes as long as compiling ten modules, and whoever waits has all that it wrote.
 */
export const COMPILE_SCRIPT = String.raw`
import sys, marshal, _imp, posix
from _frozen_importlib_external import MAGIC_NUMBER
read, write, flush = sys.stdin.buffer.read, sys.stdout.buffer.write, sys.stdout.flush
raw_magic = int.from_bytes(MAGIC_NUMBER, 'little')
head = MAGIC_NUMBER + b'\1\0\0\0'
failures = SyntaxError, ValueError, UnicodeError, LookupError, RecursionError, MemoryError, OverflowError
def give(status, data):
    write(status + len(data).to_bytes(4, 'big'))
    write(data)
    flush()
give(b'', ('%s %d %d %s' % (sys.implementation.name, sys.version_info[0], sys.version_info[1], sys.implementation.cache_tag)).encode())
while size := read(4):
    path = read(int.from_bytes(size, 'big')).decode()
    source = read(int.from_bytes(read(4), 'big'))
    try:
        code = compile(source, path, 'exec', dont_inherit=True, optimize=0)
        give(b'\0', head + _imp.source_hash(raw_magic, source) + marshal.dumps(code))
    except failures as error:
        give(b'\1', ('%s: %s' % (type(error).__name__, error)).encode('utf-8', 'replace'))
posix._exit(0)
`;
