"""The model file is still the one that was built in."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .config import ModelFile
from .errors import StartError


def verify(model: ModelFile) -> None:
    """Compare size and SHA-256; StartError `model-changed` or `model-missing`. Runs beside imports, outside the GIL."""
    try:
        with Path(model.path).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest() if size == model.size else ""
    except OSError as error:
        raise StartError(
            "model-missing", f"{model.path} cannot be read: {error.strerror}"
        ) from error
    if size != model.size:
        raise StartError(
            "model-changed", f"{model.path} has {size} bytes, {model.size} were built in"
        )
    if digest != model.sha256:
        raise StartError(
            "model-changed", f"{model.path} has sha256 {digest}, {model.sha256} was built in"
        )
