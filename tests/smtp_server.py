"""A small SMTP server that misbehaves on purpose: the post office of the fault tests.

Each message draws one fault from a plan; the plan is a list, or a seeded lottery. It records what it accepted: the
Message-ID of every text to which it gave, or meant to give, its 250.

`python -m tests.smtp_server --port 2525 --log FILE [--seed 1 --share 0.3]` runs it as a process that appends each
accepted Message-ID as a line, on disk before the answer is sent.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, repeat
from pathlib import Path
from types import TracebackType
from typing import Self


class Fault(StrEnum):
    """What goes wrong with one message. A 421 at the greeting costs the connection it is drawn for."""

    NONE = "none"
    GREETING_421 = "greeting_421"
    GREETING_554 = "greeting_554"
    MAIL_452 = "mail_452"
    MAIL_550 = "mail_550"
    RCPT_451 = "rcpt_451"
    RCPT_550 = "rcpt_550"
    DATA_451 = "data_451"
    DATA_554 = "data_554"
    DROP_AT_MAIL = "drop_at_mail"
    DROP_AT_DATA = "drop_at_data"
    DROP_IN_TEXT = "drop_in_text"
    DROP_AFTER_DOT = "drop_after_dot"
    TEXT_452 = "text_452"
    TEXT_554 = "text_554"
    TEXT_399 = "text_399"
    SLOW_250 = "slow_250"


LOTTERY = (
    Fault.GREETING_421,
    Fault.MAIL_452,
    Fault.RCPT_451,
    Fault.DROP_IN_TEXT,
    Fault.DROP_AFTER_DOT,
    Fault.SLOW_250,
)
"""Faults that pass: with these alone every message must arrive in the end."""

_ANSWERS = {
    Fault.MAIL_452: b"452 4.3.1 Full",
    Fault.MAIL_550: b"550 5.7.1 We do not know you",
    Fault.RCPT_451: b"451 4.7.1 Come back later",
    Fault.RCPT_550: b"550 5.1.1 No such mailbox",
    Fault.DATA_451: b"451 4.3.0 Not now",
    Fault.DATA_554: b"554 5.7.0 Never",
    Fault.TEXT_452: b"452 4.3.1 Full",
    Fault.TEXT_554: b"554 5.6.0 Not this text",
    Fault.TEXT_399: b"399 Perhaps",
}
_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted message; `was_answered` is False when the sender never saw the 250."""

    message_id: str
    sender: str
    recipient: str
    raw: bytes
    was_answered: bool


def lottery(seed: int, share: float, faults: Iterable[Fault] = LOTTERY) -> Iterator[Fault]:
    """An endless plan in which about `share` of the draws are one of `faults`; the same for the same seed."""
    chance, choices = random.Random(seed), list(faults)
    while True:
        yield chance.choice(choices) if chance.random() < share else Fault.NONE


class FaultySmtpServer:
    """Serves in a thread between `start` and `stop`; usable with `with`. `received` lists what it accepted."""

    def __init__(
        self,
        plan: Iterable[Fault] = (),
        *,
        port: int = 0,
        slow_seconds: float = 1.0,
        log: Path | None = None,
        on_received: Callable[[Received], None] | None = None,
    ) -> None:
        """After a finite `plan` nothing goes wrong any more. `port` 0 takes a free one."""
        self.port = port
        self.received: list[Received] = []
        self.commands: list[str] = []
        self.connection_count = 0
        self._plan = chain(plan, repeat(Fault.NONE))
        self._slow_seconds = slow_seconds
        self._log = log
        self._on_received = on_received
        self._is_up = threading.Event()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="faulty-smtp", daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def message_ids(self) -> list[str]:
        return [message.message_id for message in self.received]

    def start(self) -> FaultySmtpServer:
        self._thread.start()
        if not self._is_up.wait(10):
            raise RuntimeError("the SMTP server did not come up")
        return self

    def stop(self) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._client, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        await self._stopping.wait()
        server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await _Session(self, reader, writer).run()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    def draw(self) -> Fault:
        return next(self._plan)

    def note(self, message: Received) -> None:
        """Remember an accepted message: on disk first, for a sender that is about to hear 250 may rely on it."""
        if self._log is not None:
            handle = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(handle, f"{message.message_id}\n".encode())
            os.fsync(handle)
            os.close(handle)
        self.received.append(message)
        if self._on_received is not None:
            self._on_received(message)

    @property
    def slow_seconds(self) -> float:
        return self._slow_seconds


class _Session:
    """One connection: reads commands, answers, and does the drawn fault of the message in hand."""

    def __init__(self, server: FaultySmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._fault = server.draw()
        self._sender = self._recipient = ""

    async def run(self) -> None:
        if self._fault in {Fault.GREETING_421, Fault.GREETING_554}:
            await self._say(b"421 4.3.2 Busy" if self._fault is Fault.GREETING_421 else b"554 5.7.1 Go away")
            return
        await self._say(b"220 faulty.test ESMTP")
        while line := await self._reader.readline():
            self._server.commands.append(line.decode("latin-1").strip())
            if not await self._answer(line.strip()):
                return

    async def _answer(self, line: bytes) -> bool:
        """Answer one command; False when the connection ends."""
        verb = line[:4].upper()
        if verb == b"MAIL":
            self._sender = _address(line)
            return await self._step(Fault.DROP_AT_MAIL, Fault.MAIL_452, Fault.MAIL_550)
        if verb == b"RCPT":
            self._recipient = _address(line)
            return await self._step(None, Fault.RCPT_451, Fault.RCPT_550)
        if verb == b"DATA":
            return await self._data()
        await self._say(b"221 2.0.0 Bye" if verb == b"QUIT" else b"250 2.0.0 OK")
        if verb == b"RSET":
            self._fault = self._server.draw()
        return verb != b"QUIT"

    async def _step(self, drop: Fault | None, *refusals: Fault) -> bool:
        if self._fault is drop:
            return False
        await self._say(_ANSWERS[self._fault] if self._fault in refusals else b"250 2.1.0 OK")
        return True

    async def _data(self) -> bool:
        if self._fault is Fault.DROP_AT_DATA:
            return False
        if self._fault in {Fault.DATA_451, Fault.DATA_554}:
            await self._say(_ANSWERS[self._fault])
            return True
        await self._say(b"354 Go on")
        if self._fault is Fault.DROP_IN_TEXT:
            await self._reader.readline()
            return False
        await self._take(await self._reader.readuntil(b"\r\n.\r\n"))
        if self._fault in {Fault.TEXT_452, Fault.TEXT_554, Fault.TEXT_399}:
            return True  # The sender resets after a refusal, and that draws for the next message.
        is_open = self._fault is not Fault.DROP_AFTER_DOT
        self._fault = self._server.draw()
        # A fault of the greeting costs the connection it falls on, as a server that shuts down does.
        return is_open and self._fault not in {Fault.GREETING_421, Fault.GREETING_554}

    async def _take(self, text: bytes) -> None:
        if self._fault in {Fault.TEXT_452, Fault.TEXT_554, Fault.TEXT_399}:
            await self._say(_ANSWERS[self._fault])
            return
        raw = re.sub(rb"(?m)^\.\.", b".", text[:-3])
        found = _MESSAGE_ID.search(raw)
        message_id = found[1].decode("latin-1") if found else ""
        was_answered = self._fault not in {Fault.DROP_AFTER_DOT, Fault.SLOW_250}
        self._server.note(Received(message_id, self._sender, self._recipient, raw, was_answered))
        if self._fault is Fault.SLOW_250:
            await asyncio.sleep(self._server.slow_seconds)
        if self._fault is not Fault.DROP_AFTER_DOT:
            await self._say(b"250 2.0.0 Kept")

    async def _say(self, line: bytes) -> None:
        self._writer.write(line + b"\r\n")
        await self._writer.drain()


def _address(line: bytes) -> str:
    found = re.search(rb"<([^>]*)>", line)
    return found[1].decode("latin-1") if found else ""


def main() -> None:
    """Serve until SIGTERM or SIGINT; prints the port in one line once it listens."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.0, help="share of messages that meet a fault")
    parser.add_argument("--slow", type=float, default=1.0, help="seconds that a slow 250 takes")
    asked = parser.parse_args()
    server = FaultySmtpServer(
        lottery(asked.seed, asked.share), port=asked.port, slow_seconds=asked.slow, log=asked.log
    ).start()
    os.write(1, f"{server.port}\n".encode())
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
