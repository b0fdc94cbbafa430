"""A TCP proxy of the tests' own: it can cut connections, and swallow what passes."""

import socket
import threading
from contextlib import suppress


class Proxy:
    """Stands between a client and a server on this machine."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        self.is_black_hole = False
        """Whether bytes are taken and go nowhere: what a broken route looks like."""
        self.cut_after: int | None = None
        """Cut everything once this many more bytes have passed."""
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def cut(self) -> None:
        """End every connection at once, as a fallen switch does."""
        self.cuts += 1
        with self._lock:
            gone, self._open = self._open, set()
        for one in gone:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _is_due(self, size: int) -> bool:
        with self._lock:
            if self.cut_after is None:
                return False
            self.cut_after -= size
            if self.cut_after > 0:
                return False
            self.cut_after = None
            return True

    def close(self) -> None:
        self._is_closed = True
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                continue
            with self._lock:
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.is_black_hole:
                    continue
                if self._is_due(len(data)):
                    self.cut()
                    return
                sink.sendall(data)
        for one in (source, sink):
            # A close alone would leave the other thread's recv, and with it the line, alive.
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
