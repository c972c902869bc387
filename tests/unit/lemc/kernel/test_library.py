# SPDX-License-Identifier: LGPL-3.0-or-later
"""Compilation of the chain: once, kept, and with words when it fails."""

import sysconfig

import pytest

from fem_ionics.errors import CompilerError
from fem_ionics.lemc.kernel import library as module


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A cache of compiled code that is empty, and options with which the compiler is done soon."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "_FLAGS", ("-O0", "-march=native", "-std=gnu11", "-fPIC"))
    return tmp_path


def test_compiled_once(empty):
    path = module._compiled("float64")
    assert path.parent == empty / "fem_ionics"
    made = path.stat().st_mtime_ns
    assert module._compiled("float64") == path
    assert path.stat().st_mtime_ns == made
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_no_compiler(empty, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(CompilerError, match=r"no-such-compiler: No such file.*install one or set CC"):
        module._compiled("float32")
    assert list((empty / "fem_ionics").iterdir()) == []


def test_a_compiler_that_fails(empty, monkeypatch):
    monkeypatch.setenv("CC", f"{sysconfig.get_config_var('CC') or 'cc'} -include no-such-file.h")
    with pytest.raises(CompilerError, match=r"(?s)chain\.c.* failed with exit status 1:.*error: "):
        module._compiled("float32")


def test_the_compiler_of_this_python_may_be_elsewhere(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "/nowhere/clang -pthread")
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "gcc" else None)
    assert module._compiler() == ["gcc"]


def test_a_cache_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(CompilerError, match=r"cannot be made .*set XDG_CACHE_HOME"):
        module._compiled("float32")
