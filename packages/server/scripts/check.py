"""Checks the Python of this repository: ruff, mypy --strict and pytest, in an environment of its own.

    python3 packages/server/scripts/check.py [REPORT.xml] [PROJECT ...]

Makes `packages/server/.venv` when it is missing or no longer fits, from the index that pip is configured for. A project
is a folder with a pyproject.toml whose dependency group `check` names its tools; all that there are when none is named.
Exit code 0 when everything passed. REPORT.xml gets a JUnit report of it all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = ROOT / "packages" / "server" / ".venv"
BIN = ENVIRONMENT / "bin"


def restart_newer() -> None:
    """Go on with another interpreter where this one is too old."""
    for minor in range(15, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer is None:
            continue
        works = subprocess.run([newer, "-c", "import ensurepip"], capture_output=True, check=False)
        if works.returncode == 0:
            os.execv(newer, [newer, *sys.argv])
    sys.exit("Python 3.11 or newer is needed: apt-get install python3 python3-venv")


def projects() -> list[Path]:
    """Every folder with Python of ours."""
    found = [ROOT / "packages" / "server" / "python", *sorted((ROOT / "plugins").glob("*/python"))]
    return [path for path in found if (path / "pyproject.toml").is_file()]


def wanted(folders: list[Path]) -> list[str]:
    """What the projects need at run time and for their checks."""
    import tomllib

    names: list[str] = []
    for folder in folders:
        names += tomllib.loads((folder / "pyproject.toml").read_text())["dependency-groups"][
            "check"
        ]
        runtime = folder / "requirements.txt"
        names += runtime.read_text().split("\n") if runtime.is_file() else []
    return sorted({name.strip() for name in names} - {""})


def prepare(requirements: list[str]) -> None:
    """Make the environment, unless it was made for the same requirements and interpreter."""
    text = "\n".join([sys.version, *requirements])
    stamp = ENVIRONMENT / "stamp"
    digest = hashlib.sha256(text.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    print(
        f"Making {ENVIRONMENT.relative_to(ROOT)} with {len(requirements)} requirements", flush=True
    )
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=False)
    if made.returncode != 0:
        sys.exit("The environment cannot be made: apt-get install python3-venv")
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, *requirements], check=False).returncode != 0:
        sys.exit("The tools cannot be installed; pip says why above.")
    stamp.write_text(digest)


def run_tool(folder: Path, name: str, args: list[str], report: ET.Element) -> bool:
    """Run one tool in a project, as one test of the report."""
    print(f"── {folder.relative_to(ROOT)}: {name}", flush=True)
    start = time.monotonic()
    done = subprocess.run(
        [str(BIN / name), *args], cwd=folder, capture_output=True, text=True, check=False
    )
    sys.stdout.write(done.stdout + done.stderr)
    sys.stdout.flush()
    seconds = str(round(time.monotonic() - start, 3))
    failed = done.returncode != 0
    counts = {"tests": "1", "failures": str(int(failed)), "errors": "0", "skipped": "0"}
    suite = ET.SubElement(report, "testsuite", {"name": name, **counts})
    where = str(folder.relative_to(ROOT))
    case = ET.SubElement(
        suite, "testcase", name=" ".join([name, *args]), classname=where, time=seconds
    )
    if failed:
        ET.SubElement(case, "failure", message=f"exit code {done.returncode}").text = done.stdout
    return not failed


def run_tests(folder: Path, report: ET.Element) -> bool:
    """Run the tests of a project; each is one of the report."""
    print(f"── {folder.relative_to(ROOT)}: pytest", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "report.xml"
        code = subprocess.run(
            [str(BIN / "pytest"), f"--junitxml={path}"], cwd=folder, check=False
        ).returncode
        if path.is_file():
            report.extend(ET.parse(path).getroot().iter("testsuite"))
    return code == 0


def main() -> int:
    """Check the projects that are named, or all."""
    if sys.version_info < OLDEST:
        restart_newer()
    report_path = (
        Path(sys.argv[1]).resolve() if len(sys.argv) > 1 and sys.argv[1].endswith(".xml") else None
    )
    named = [Path(name).resolve() for name in sys.argv[1 if report_path is None else 2 :]]
    prepare(wanted(projects()))
    report = ET.Element("testsuites")
    passed = True
    for folder in named or projects():
        passed &= run_tool(folder, "ruff", ["check", "--quiet", "."], report)
        passed &= run_tool(folder, "ruff", ["format", "--check", "--quiet", "."], report)
        passed &= run_tool(folder, "mypy", [], report)
        passed &= run_tests(folder, report)
    if report_path is not None:
        ET.ElementTree(report).write(report_path, encoding="utf-8", xml_declaration=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
