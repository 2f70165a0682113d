"""Writes Python packages that a build must refuse: python bad_packages.py FOLDER."""

import base64
import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def wheel(folder: Path, name: str, files: dict[str, bytes], lie: bool = False) -> None:
    """A wheel of some files; `lie` records another hash for the first."""
    info = f"{name}-1.0.dist-info"
    entries = {**files, f"{info}/METADATA": METADATA.format(name=name).encode(), f"{info}/WHEEL": WHEEL.encode()}
    lines = [f"{path},{digest(data)},{len(data)}" for path, data in entries.items()]
    if lie:
        first, data = next(iter(files.items()))
        lines[0] = f"{first},{digest(data + b'other')},{len(data)}"
    entries[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in entries.items():
            archive.writestr(path, data)


def sdist(folder: Path, name: str) -> None:
    """A source distribution, and nothing else of that name."""
    files = {"PKG-INFO": METADATA.format(name=name), "setup.py": f"from setuptools import setup\nsetup(name='{name}')\n"}
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def main(folder: Path) -> None:
    wheel(folder, "mlcgood", {"mlcgood.py": b"answer = 42\n"})
    wheel(folder, "mlcliar", {"mlcliar.py": b"answer = 42\n"}, lie=True)
    wheel(folder, "mlcescape", {"../../../etc/mlcescape.py": b"answer = 42\n"})
    sdist(folder, "mlcsource")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
