"""The key ring of this process, read when it is first needed."""

import threading

from foundation.encryption import KeyRing, open_key_ring
from foundation.settings import Settings


class Keys:
    """Opens the ring once: a process that seals nothing needs no secret."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None

    @property
    def ring(self) -> KeyRing:
        with self._lock:
            if self._ring is None:
                self._ring = open_key_ring(self._settings)
            return self._ring

    def for_marks(self) -> list[bytes]:
        """Return the keys of the mark that a browser keeps once its person signed in."""
        return self.ring.index_keys("known browser")
