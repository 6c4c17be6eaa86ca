"""Where Prometheus's own tools are asked for their verdict."""

import shutil

import pytest

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None or shutil.which("prometheus") is None,
    reason="NOT TESTED: no promtool or prometheus here; `make system` installs Debian's package prometheus",
)
