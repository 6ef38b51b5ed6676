"""The rule for CI: a test that was skipped was not passed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_PASSES = "def test_something(): pass\n"
_SKIPS = "import pytest\ndef test_nothing(): pytest.skip('no browser')\n"
_SKIPS_ALL = "import pytest\npytest.skip('no browser', allow_module_level=True)\n"


def _run(folder: Path, tests: dict[str, str], ci: str) -> subprocess.CompletedProcess[str]:
    conftest = (_HERE / "conftest.py").read_text(encoding="utf-8")
    for name, text in {"conftest": conftest, **tests}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    environ = {
        "CI": ci,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(_HERE.parent),
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "--rootdir", str(folder), str(folder)],
        env=os.environ | environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("skipping", [_SKIPS, _SKIPS_ALL], ids=["a test", "a module"])
def test_what_is_skipped_fails_the_run_in_ci_and_says_why(
    tmp_path: Path, skipping: str
) -> None:
    run = _run(tmp_path, {"test_a": _PASSES, "test_b": skipping}, ci="true")

    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "nothing may be skipped in CI" in run.stdout
    assert "no browser" in run.stdout


def test_skipping_is_no_failure_elsewhere(tmp_path: Path) -> None:
    run = _run(tmp_path, {"test_a": _PASSES, "test_b": _SKIPS}, ci="")

    assert run.returncode == pytest.ExitCode.OK
    assert "nothing may be skipped" not in run.stdout


def test_a_run_without_skips_passes_in_ci(tmp_path: Path) -> None:
    assert _run(tmp_path, {"test_a": _PASSES}, ci="true").returncode == pytest.ExitCode.OK
