"""The embedded Valkey server, Celery's broker."""

import signal
import socket

from .child import Child, Launch
from .service import Service, Setting


class Broker(Service):
    name = "broker"
    title = "Valkey"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.socket = setting.places.broker_socket

    def prepare(self) -> None:
        super().prepare()
        self.setting.places.broker_socket.unlink(missing_ok=True)

    def launch(self, log: int) -> Child:
        command = [
            str(self.setting.programs.valkey_server),
            *("--port", "0"),
            *("--unixsocket", str(self.setting.places.broker_socket)),
            *("--unixsocketperm", "700"),
            *("--save", ""),
            *("--appendonly", "yes" if self.setting.durable else "no"),
            *("--maxmemory-policy", "noeviction"),
        ]
        # Started inside its folder: "dir" stays the default, so no path passes Valkey's own quoting.
        return Launch(self.setting.account, self.folder, signal.SIGTERM).start(command, log=log)

    def answers(self, child: Child) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self.setting.places.broker_socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")  # "-LOADING" while it reads its log
            except OSError:
                return False

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop((signal.SIGTERM, 10.0))
