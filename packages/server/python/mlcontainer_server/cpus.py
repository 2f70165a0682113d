"""How many CPUs this container may use, told to the numeric libraries before they start their threads."""

from __future__ import annotations

import math
import os
from collections.abc import MutableMapping
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def _positive_ratio(quota: str | None, period: str | None) -> float | None:
    try:
        value = int(quota or "") / int(period or "")
    except (ValueError, ZeroDivisionError):
        return None
    return value if value > 0 else None


def quota(root: Path = Path("/sys/fs/cgroup")) -> float | None:
    """CPUs that the control group allows, or None without a limit (cgroup v2 `cpu.max`, v1 `cpu.cfs_*`)."""
    limit = _read(root / "cpu.max")
    if limit is not None:
        parts = limit.split()
        return _positive_ratio(parts[0], parts[1]) if len(parts) == 2 else None  # noqa: PLR2004
    return _positive_ratio(
        _read(root / "cpu/cpu.cfs_quota_us"), _read(root / "cpu/cpu.cfs_period_us")
    )


def available(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Whole CPUs that this process may use, at least 1."""
    cpus = len(os.sched_getaffinity(0))
    limit = quota(root)
    return max(1, min(cpus, math.ceil(limit) if limit is not None else cpus))


def limit_threads(environ: MutableMapping[str, str], workers: int, cpus: int) -> None:
    """Set the thread counts that nobody set: a host's 64 cores are not this container's."""
    share = str(max(1, cpus // max(1, workers)))
    for name in THREAD_VARIABLES:
        environ.setdefault(name, share)
