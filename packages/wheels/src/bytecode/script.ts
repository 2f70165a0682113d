/**
 * What the image's interpreter runs. It stands here as text, so that it survives bundling. Frames, all numbers
 * big-endian: in, `u32 count`, then for each file `u32 length, path` and `u32 length, source`; out, `u32 length,
 * hello` once, then for each file in the same order `u8 status, u32 length, bytes`, where status 0 is a pyc and
 * status 1 the reason why there is none.
 *
 * A pyc is the 16-byte header of PEP 552 with flags 1 (hash-based, not checked against the source when it is
 * imported) and then marshal data; `compile` gets bytes, so that the source's own encoding line counts (PEP 263).
 *
 * Its imports are built in or frozen: the unpacked standard library has no bytecode yet, so that every other module
 * would be compiled again at each start, which costs more than the start itself.
 */
export const COMPILE_SCRIPT = String.raw`
import sys, marshal, _imp
from _frozen_importlib_external import MAGIC_NUMBER
read, write = sys.stdin.buffer.read, sys.stdout.buffer.write
raw_magic = int.from_bytes(MAGIC_NUMBER, 'little')
def u32():
    return int.from_bytes(read(4), 'big')
def take():
    return read(u32())
def give(data):
    write(len(data).to_bytes(4, 'big'))
    write(data)
give(('%s %d %d %s' % (sys.implementation.name, sys.version_info[0], sys.version_info[1], sys.implementation.cache_tag)).encode())
for _ in range(u32()):
    path = take().decode()
    source = take()
    try:
        code = compile(source, path, 'exec', dont_inherit=True, optimize=int(sys.argv[1]))
        data = MAGIC_NUMBER + b'\1\0\0\0' + _imp.source_hash(raw_magic, source) + marshal.dumps(code)
        write(b'\0')
    except (SyntaxError, ValueError, UnicodeError, RecursionError, MemoryError, OverflowError) as error:
        data = ('%s: %s' % (type(error).__name__, error)).encode('utf-8', 'replace')
        write(b'\1')
    give(data)
sys.stdout.flush()
`;
