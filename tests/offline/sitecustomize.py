"""Closes the network for tests: only this machine itself can be reached.

Python reads this file at its start when the folder is on PYTHONPATH, so that the programs a test
starts (the dashboard's server, ``python -m etl``) are closed too, not only the test itself.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any


class NetworkClosed(RuntimeError):
    """Not an ``OSError``: code that retries on connection errors must not swallow it."""


def _refuse(host: object) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name in {"", "localhost", "localhost.localdomain", "ip6-localhost", "None"}:
        return
    try:
        address = ipaddress.ip_address(name.split("%")[0])
        if address.is_loopback or address.is_unspecified:
            return
    except ValueError:
        pass
    raise NetworkClosed(
        f"A test tried to reach {name}. Tests stay on this machine: "
        "use the registry double or recorded answers."
    )


_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_sendto, _getaddrinfo = socket.socket.sendto, socket.getaddrinfo


def _check(address: object) -> None:
    if isinstance(address, tuple):
        _refuse(address[0])


def _closed_connect(self: socket.socket, address: Any) -> None:
    _check(address)
    return _connect(self, address)


def _closed_connect_ex(self: socket.socket, address: Any) -> int:
    _check(address)
    return _connect_ex(self, address)


def _closed_sendto(self: socket.socket, *args: Any) -> int:
    _check(args[-1])
    return _sendto(self, *args)


def _closed_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    _refuse(host)
    return _getaddrinfo(host, *args, **kwargs)


def close_network() -> None:
    """Refuse every connection and name look-up that leaves this machine. May be called again."""
    socket.socket.connect = _closed_connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _closed_connect_ex  # type: ignore[method-assign]
    socket.socket.sendto = _closed_sendto  # type: ignore[method-assign]
    socket.getaddrinfo = _closed_getaddrinfo


close_network()
