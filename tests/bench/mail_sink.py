"""A mail server that takes everything and keeps nothing: `python -m tests.bench.mail_sink PORT`."""

import asyncio
import sys
from typing import Any

from aiosmtpd.smtp import SMTP


class _Sink:
    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 (the library's name)
        return "250 OK"


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Sink(), hostname="sink"), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
