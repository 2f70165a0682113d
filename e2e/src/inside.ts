/** Imports every module of the standard library but those that open a browser or a window, or speak when imported. */
export const IMPORT_EVERY_MODULE = `
import importlib, json, sys
spoken = {'antigravity', 'this', 'idlelib', 'turtledemo', 'turtle', 'tkinter', '_tkinter'}
foreign = {'msvcrt', 'winreg', 'winsound', 'nt', 'ntpath', '_winapi', '_overlapped', '_msi', 'msilib', '_scproxy'}
separate = {'ensurepip', 'lib2to3', 'distutils', '_gdbm', '_dbm', '_wmi', '_android_support', '_apple_support', '_ios_support'}
failed = {}
names = sorted(sys.stdlib_module_names - spoken - foreign - separate)
for name in names:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = repr(error)
print(json.dumps({'imported': len(names) - len(failed), 'failed': failed}))
`;

/** What programs expect of a system around Python. */
export const USE_THE_SYSTEM = `
import ctypes, ctypes.util, getpass, json, locale, os, socket, ssl, zoneinfo
from datetime import datetime
context = ssl.create_default_context()
print(json.dumps({
    'authorities': len(context.get_ca_certs()),
    'berlin': datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset().total_seconds(),
    'zones': len(zoneinfo.available_timezones()),
    'localhost': sorted({entry[4][0] for entry in socket.getaddrinfo('localhost', 80, socket.AF_INET)}),
    'https': socket.getservbyname('https'),
    'libc': ctypes.util.find_library('c'),
    'libssl': bool(ctypes.util.find_library('ssl')),
    'strlen': ctypes.CDLL(ctypes.util.find_library('c')).strlen(b'four'),
    'uid': os.getuid(),
    'user': getpass.getuser(),
    'encoding': locale.getencoding() if hasattr(locale, 'getencoding') else locale.getpreferredencoding(False),
}))
`;

/** Imports a package and says which of its modules were compiled from source, for want of valid bytecode. */
export const COMPILED_FROM_SOURCE = `
import json, sys
import importlib._bootstrap_external as external
compiled = []
original = external.SourceLoader.source_to_code
def spy(self, data, path, *args, **kwargs):
    compiled.append(path)
    return original(self, data, path, *args, **kwargs)
external.SourceLoader.source_to_code = spy
import joblib, numpy, scipy.stats, sklearn.pipeline, sklearn.linear_model, sklearn.ensemble, uvicorn
shipped = list(compiled)
# The control: without its bytecode a module is compiled, and the spy sees it.
sys.pycache_prefix = '/nonexistent'
import tabnanny
print(json.dumps({'compiled': shipped, 'control': compiled[len(shipped):]}))
`;

/** What a scanner reads: Debian packages of status.d, distributions of dist-info. */
export const SCAN = `
import email, importlib.metadata, json, pathlib
debian = {}
for path in pathlib.Path('/var/lib/dpkg/status.d').iterdir():
    if path.suffix == '.md5sums':
        continue
    fields = email.message_from_string(path.read_text())
    debian[fields['Package']] = fields['Version']
python = {d.metadata['Name']: d.version for d in importlib.metadata.distributions()}
record = {d.metadata['Name']: all(f.locate().exists() for f in d.files or [] if '/tests/' not in str(f)) for d in importlib.metadata.distributions()}
print(json.dumps({'debian': debian, 'python': python, 'record': record}))
`;
