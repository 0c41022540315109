"""The process that is the parent of the embedded servers and ends them when nobody holds a lease.

It starts detached, so Ctrl-C in the starter's terminal does not reach the servers before their users are done.
"""

import contextlib
import fcntl
import os
import signal
import time
from collections import deque
from dataclasses import replace

from .account import service_account
from .broker import Broker
from .child import adopt_orphans, end_orphans
from .errors import EmbeddedError
from .folder import make_data, make_sockets
from .places import Places
from .postgres import Postgres
from .programs import programs_for
from .service import Service, Setting
from .state import State, Wanted

TICK_SECONDS = 0.1
# Two commands in a row share one start: `manage.py migrate && manage.py serve`.
GRACE_SECONDS = 0.5
_DEATHS_TOLERATED = 3
_DEATHS_WITHIN_SECONDS = 60


class Supervisor:
    """Runs what is wanted until nobody uses it. Expects to hold the supervisor's lock."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.services: dict[str, Service] = {}
        self.state = State(pid=os.getpid(), sockets=str(places.sockets))
        self.users = os.open(places.users, os.O_RDWR | os.O_CREAT, 0o600)
        self.unused_since: float | None = None
        self.deaths: deque[float] = deque(maxlen=_DEATHS_TOLERATED + 1)
        self.told_to_stop = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_signal)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        adopt_orphans()
        try:
            self._serve()
        except EmbeddedError as error:
            self._say(error=str(error))
        except OSError as error:
            self._say(error=f"The embedded services cannot run in {self.places.folder}: {error}")
        finally:
            self._stop_all()

    def _note_signal(self, *_: object) -> None:
        self.told_to_stop = True

    def _serve(self) -> None:
        setting = self._setting()
        while not (self.told_to_stop or self._is_unused()):
            self._start_wanted(setting)
            self._restart_dead(setting)
            time.sleep(TICK_SECONDS)

    def _setting(self) -> Setting:
        wanted = Wanted.read(self.places.wanted)
        account = service_account(self.places.data)
        make_sockets(self.places, account)
        data = make_data(self.places, account)
        return Setting(
            places=self.places,
            account=account,
            data=data,
            programs=programs_for(account, data),
            durable=wanted.durable,
            options=wanted.options,
        )

    def _start_wanted(self, setting: Setting) -> None:
        wanted = Wanted.read(self.places.wanted)
        for service, is_wanted in ((Broker, wanted.broker), (Postgres, wanted.postgres)):
            if is_wanted and service.name not in self.services:
                self.services[service.name] = service(setting)
                self.services[service.name].start()
                self._say(**{service.name: True})

    def _restart_dead(self, setting: Setting) -> None:
        for service in self.services.values():
            if service.is_reachable or self._folder_is_gone():
                continue
            self._say(**{service.name: False})
            self._count_death(service)
            service.stop()
            end_orphans(self._known_children())
            make_sockets(self.places, setting.account)
            service.start()
            self._say(**{service.name: True})

    def _count_death(self, service: Service) -> None:
        self.deaths.append(time.monotonic())
        if len(self.deaths) > _DEATHS_TOLERATED and self.deaths[-1] - self.deaths[0] < _DEATHS_WITHIN_SECONDS:
            raise EmbeddedError(f"{service.title} keeps dying; see {service.log}.")

    def _is_unused(self) -> bool:
        """Tell whether nobody has held a lease for a while; if so keep the lease file locked until the end."""
        if self._folder_is_gone():
            return True
        try:
            fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.unused_since = None
            return False
        now = time.monotonic()
        self.unused_since = self.unused_since or now
        if now - self.unused_since >= GRACE_SECONDS:
            return True
        fcntl.flock(self.users, fcntl.LOCK_UN)
        return False

    def _folder_is_gone(self) -> bool:
        """Tell whether somebody removed the folder under us: its servers must not linger."""
        try:
            return os.stat(self.places.users).st_ino != os.fstat(self.users).st_ino
        except FileNotFoundError:
            return True

    def _known_children(self) -> set[int]:
        return {service.child.pid for service in self.services.values() if service.child is not None}

    def _stop_all(self) -> None:
        if self.services:
            # When we end, the lease's lock may be free an instant before our own: who comes then reads this note.
            self._say(**dict.fromkeys(self.services, False))
        for service in self.services.values():
            service.stop()
        end_orphans(set())
        if self.services:  # otherwise the folder may be a stranger's
            with contextlib.suppress(OSError):
                self.places.sockets.rmdir()
                self.places.socket_root.rmdir()

    def _say(self, **changes: bool | str) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # names are our own literals
        with contextlib.suppress(FileNotFoundError):  # the folder was removed under us
            self.state.write(self.places.state)


def run_supervisor(folder: str) -> None:
    Supervisor(Places.of(folder)).run()
