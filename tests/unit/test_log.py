"""The log never has the words of an error that may quote a document."""

import json
import subprocess
import sys

from gateway.log import format_error

QUOTED = "IBAN NL48MPRT0417164300"


def described(error: object) -> str:
    return str(format_error(None, "error", {"event": "broke", "exc_info": error})["exception"])


def test_of_an_error_its_kind_its_causes_and_positions_are_logged_and_not_its_words() -> None:
    try:
        try:
            raise LookupError(QUOTED)
        except LookupError as cause:
            raise ValueError(QUOTED) from cause
    except ValueError as error:
        texts = [described(error), described(True), described((ValueError, error, error.__traceback__))]
    for text in texts:
        assert text == texts[0]
        assert text.count("test_log.py") == 2
        assert QUOTED not in text


def test_the_machines_own_words_are_logged() -> None:
    assert "No space left on device" in described(OSError(28, "No space left on device"))
    assert "exception" not in format_error(None, "info", {"event": "fine"})


PROGRAM = f'''
import asyncio, gc, logging, threading, warnings
from gateway import log

log.configure("info")
logging.getLogger("psycopg.pool").warning("error ignored terminating %s", "<psycopg.Pipeline [BAD]>\\n{QUOTED}")
logging.getLogger("psycopg").debug("not at this level")
warnings.warn("old")

async def fail():
    raise ValueError("{QUOTED}")

async def forget():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    del task
    gc.collect()

class Odd:
    def __del__(self):
        raise ValueError("{QUOTED}")

asyncio.run(forget())
thread = threading.Thread(target=lambda: asyncio.run(fail()), name="t1")
thread.start()
thread.join()
Odd()
raise ValueError("{QUOTED}")
'''


def test_what_libraries_and_python_report_is_json_too() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"], line.get("logger")) for line in lines] == [
        ("library_logged", "warning", "psycopg.pool"),
        ("library_logged", "warning", "py.warnings"),
        ("library_logged", "error", "asyncio"),
        ("thread_broke", "error", None),
        ("error_ignored", "error", None),
        ("process_broke", "critical", None),
    ]
    assert "error ignored terminating <psycopg.Pipeline [BAD]>" in lines[0]["message"]
    assert done.returncode == 1
    assert QUOTED not in done.stderr
