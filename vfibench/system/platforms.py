"""Where vfibench runs: Linux and macOS, as any user."""

from __future__ import annotations

import importlib.util
import os

from vfibench.errors import VfibenchError


def check_platform() -> None:
    """Refuse a system without the locks that keep two runs from writing to one file.

    Raises:
        VfibenchError: it is Windows, as a rule.
    """
    try:
        missing = importlib.util.find_spec("fcntl") is None
    except ValueError:  # it is there, and holds nothing
        missing = True
    if missing:
        raise VfibenchError(
            "expected Linux or macOS, found a system without fcntl (Windows)",
            "use Linux, for instance in WSL or in a container",
        )


def settle_user() -> None:
    """Give a user whom the system does not know a name: libraries such as torch's compiler ask for one."""
    if any(os.environ.get(name) for name in ("LOGNAME", "USER", "LNAME", "USERNAME")):
        return
    import pwd

    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        os.environ["LOGNAME"] = f"user{os.getuid()}"
