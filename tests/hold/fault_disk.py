"""A disk that is really full or really read-only.

As root, where the machine lets us mount: a small disk of its own (tmpfs), filled to the last bytes, or
mounted once more to be read only. Everywhere else the refresh becomes a process that is bound as a full or
read-only disk would bind it: no file may grow beyond a size, no folder or file may be written. That too is
refused by the system, not by a stand-in; ``Disk.kind`` says which of the two was used.
"""

from __future__ import annotations

import ctypes
import os
import resource
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Room for five stores and one that is being built, about 27 MB each.
SIZE = 256 * 2**20
#: What a process does to itself before it becomes the refresh; nothing on a disk of its own.
Bound = Callable[[], None] | None
_NAME = "lacuna-faults"
_NEVER_BOUND_AGAIN, _WRITE_ANYWHERE = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


class Disk:
    """The disk under a folder. Use as a context manager."""

    def __init__(self, folder: Path, mounted: bool = True) -> None:
        self.folder, self._wanted = folder, mounted
        self.kind = "bound process"

    def __enter__(self) -> Disk:
        self.folder.mkdir()
        _unmount_those_of_the_dead()
        name = f"{_NAME}-{os.getpid()}"
        if self._wanted and _ran("mount", "-t", "tmpfs", "-o", f"size={SIZE}", name, str(self.folder)):
            self.kind = "disk of its own"
        return self

    def __exit__(self, *_: object) -> None:
        if self._mounted:
            _ran("umount", "--lazy", str(self.folder))

    @property
    def _mounted(self) -> bool:
        return self.kind == "disk of its own"

    @contextmanager
    def full(self, room: int) -> Iterator[Bound]:
        """So many bytes are left; where the refresh is bound, no file grows beyond them."""
        if not self._mounted:
            yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
            return
        ballast = self.folder / ".ballast"
        with ballast.open("wb") as file:
            free = os.statvfs(self.folder)
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - room))
        try:
            yield None
        finally:
            ballast.unlink()

    @contextmanager
    def read_only(self) -> Iterator[tuple[Bound, Callable[[], None]]]:
        """How the refresh is bound, and what makes the disk read-only from that moment on."""
        rights: dict[Path, int] = {}

        def mount() -> None:
            folder = str(self.folder)
            assert _ran("mount", "--bind", folder, folder) and _ran("mount", "-o", "remount,bind,ro", folder)

        def take_rights() -> None:
            rights.update({p: p.stat().st_mode for p in (self.folder, *self.folder.rglob("*"))})
            for path, mode in rights.items():
                path.chmod(mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))

        try:
            yield (None, mount) if self._mounted else (_heed_rights, take_rights)
        finally:
            if self._mounted and os.statvfs(self.folder).f_flag & os.ST_RDONLY:
                assert _ran("umount", "--lazy", str(self.folder))
            for path, mode in rights.items():
                path.chmod(mode)


def _heed_rights() -> None:
    """Take from root what lets it write against all rights, from the next program on; others never had it."""
    ctypes.CDLL(None).prctl(_NEVER_BOUND_AGAIN, _WRITE_ANYWHERE, 0, 0, 0)


def _unmount_those_of_the_dead() -> None:
    """A run that was killed could not take its disk away."""
    for line in Path("/proc/mounts").read_text().splitlines() if Path("/proc/mounts").exists() else ():
        name, where, *_ = line.split(" ")
        pid = name.removeprefix(f"{_NAME}-")
        if pid != name and not Path("/proc", pid).exists():
            _ran("umount", "--lazy", where)


def _ran(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:  # no such program here
        return False
