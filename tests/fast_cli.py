"""The command `meterpoort` for tests that run many: a process that has imported everything forks for each command.

`python -m tests.fast_cli FOLDER` listens at FOLDER/socket. `script()` is the program to be called `meterpoort`: it
sends its words, folder, environment and streams, and ends with the status of the command.
"""

import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

_CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as to:
    to.connect({address!r})
    words = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(to, [len(words).to_bytes(4, "big") + words], [0, 1, 2])
    sys.exit(to.recv(1)[0])
"""


def script(folder: Path) -> str:
    """The text of the program that calls the process."""
    return _CLIENT.format(python=sys.executable, address=str(folder / "socket"))


def main(folder: Path) -> None:
    """Answer until the process is ended."""
    from gateway.cli import COMMANDS

    for command in COMMANDS.values():
        importlib.import_module(command.partition(":")[0])
    importlib.import_module("gateway.main")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen(8)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            caller, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _carry_out(caller)
            caller.close()


def _carry_out(caller: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    data, streams, *_ = socket.recv_fds(caller, 1 << 20, 3)
    while len(data) < 4 + int.from_bytes(data[:4], "big"):
        data += caller.recv(1 << 20)
    words, folder, environment = json.loads(data[4:])
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    status = 1
    try:
        from gateway.cli import main as command

        command.main(words, prog_name="meterpoort")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        caller.sendall(bytes([status]))
        os._exit(status)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
