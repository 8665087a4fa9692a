"""What stands between the network and Streamlit, wherever the dashboard is started; a proxy adds to it.

And what the server says in its log of an error: where it happened, in one line.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Server = Callable[[Message, Receive, Send], Awaitable[None]]

_ROOT = Path(__file__).resolve().parent.parent
#: Another site may not show a page of ours inside its own.
_FRAMED_BY_US_ALONE = (b"content-security-policy", b"frame-ancestors 'self'")


class Doors:
    """Lets in who has an address of ours before the eyes, and tells nobody how much memory is used.

    Streamlit too refuses a page of another origin, but first asks a host on the internet for the address
    of this machine, and serves nobody meanwhile.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "websocket" and _is_foreign(dict(scope["headers"])):
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: status 403
        elif scope["type"] == "http" and scope["path"].endswith("/_stcore/metrics"):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._server(scope, receive, _framed(send))


def _is_foreign(headers: MutableMapping[bytes, bytes]) -> bool:
    """Whether a page of another host asks. Programs that are no browser name no origin."""
    origin = headers.get(b"origin")
    return origin is not None and urlsplit(origin).netloc != headers.get(b"host")


def _framed(send: Send) -> Send:
    async def framed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], _FRAMED_BY_US_ALONE]
        await send(message)

    return framed


class OneLine(logging.Filter):
    """An error of a page as one line: its kind and the lines of ours that it went through.

    Its message is left out, which may repeat what a reader chose or uploaded.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change in place; every record passes."""
        if record.exc_info and (error := record.exc_info[1]):
            record.msg, record.args = f"{type(error).__name__} at {_places(error)}", ()
            record.exc_info = record.exc_text = None
        return True


def _places(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [(Path(f.filename), f.lineno) for f in frames if Path(f.filename).is_relative_to(_ROOT)]
    said = [f"{file.relative_to(_ROOT)}:{line}" for file, line in ours if ".venv" not in file.parts]
    return " > ".join(said) or "a place outside of Lacuna"
