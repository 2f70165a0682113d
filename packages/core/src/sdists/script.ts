/** Where the build container finds sources and wheels, and leaves what it made. */
export const SOURCES = '/run/mlcontainer/source';
export const BUILD_WHEELS = '/run/mlcontainer/wheels';
export const OUTPUT = 'mlcontainer-wheel';

/**
 * Compiles in the build container: unpacks the wheels that the build requires and the source, and calls the backend's
 * hook (PEP 517, build_wheel). Arguments: the backend, then its import paths.
 */
export const COMPILE = `
import glob, importlib, os, shutil, sys, tarfile, zipfile
backend, *paths = sys.argv[1:]
env, work, out = "/tmp/env", "/tmp/build", "/${OUTPUT}"
for folder in (env, work, out):
    os.makedirs(folder)
for name in sorted(glob.glob("${BUILD_WHEELS}/*.whl")):
    with zipfile.ZipFile(name) as wheel:
        wheel.extractall(env)
for data in glob.glob(env + "/*.data"):
    for kind in ("purelib", "platlib"):
        if os.path.isdir(os.path.join(data, kind)):
            shutil.copytree(os.path.join(data, kind), env, dirs_exist_ok=True)
    if os.path.isdir(os.path.join(data, "scripts")):
        shutil.copytree(os.path.join(data, "scripts"), env + "/bin", dirs_exist_ok=True)
for name in glob.glob(env + "/bin/*"):
    os.chmod(name, 0o755)
[source] = glob.glob("${SOURCES}/*")
with tarfile.open(source) as tar:
    if hasattr(tarfile, "data_filter"):
        tar.extractall(work, filter="data")
    else:
        tar.extractall(work)
[tree] = os.listdir(work)
os.chdir(os.path.join(work, tree))
before = [os.path.abspath(path) for path in paths]
sys.path[:0] = before + [env]
os.environ["PYTHONPATH"] = os.pathsep.join(before + [env])
os.environ["PATH"] = env + "/bin:" + os.environ["PATH"]
module, _, attribute = backend.partition(":")
hooks = importlib.import_module(module)
for part in attribute.split(".") if attribute else []:
    hooks = getattr(hooks, part)
print(hooks.build_wheel(out))
`;
