"""`python -m mlcontainer_server`: the entry point of the image."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys


def main() -> int:
    """Read the settings, listen, serve; gives the exit code: 0 stopped, 2 settings, 3 model."""
    # Imports and unpickling make hundreds of thousands of objects that all stay; looking for garbage among them
    # again and again is a tenth of the start.
    gc.disable()
    # As PID 1 there is no default action: until the event loop takes over, a signal ends the process by this.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    from . import config, cpus, log  # noqa: PLC0415
    from .errors import StartError  # noqa: PLC0415

    log.setup(os.environ.get("MLCONTAINER_LOG_LEVEL", "").upper() or "INFO")
    try:
        settings = config.read(os.environ)
        log.setup(settings.log_level)
        cpus.limit_threads(os.environ, settings.workers, cpus.available())
        from .serve import bind  # noqa: PLC0415
        from .supervisor import run  # noqa: PLC0415

        listener = bind(settings.host, settings.port)
        port = listener.getsockname()[1]
        log.event(logging.INFO, "Listening.", port=port, workers=settings.workers)
        return run(settings, listener)
    except StartError as error:
        log.logger.critical(str(error), extra={"fields": {"code": error.code}})
        return error.exit_code


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Threads of a model that is still loading, or still predicting, must not hold the process back.
    os._exit(code)
