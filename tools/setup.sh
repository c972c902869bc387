#!/usr/bin/env bash
# Create the virtual environment with everything in it: tools/setup.sh [FOLDER]. Called by the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}

stop() { printf '\n%s\n\n' "$*" >&2; exit 1; }

# Debian packages: install them where we may, else say which are missing.
provide() { # reason, packages...
    local reason=$1; shift
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "$reason: installing $*"
        apt-get update -qq || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null && return
    fi
    stop "$reason. On Debian and Ubuntu:
    sudo apt-get install $*
(elsewhere: the packages of the same content). Then run make again."
}

# A probe that fails asks for its packages; failing again it shows why.
need() { # probe, reason, packages...
    local probe=$1 reason=$2; shift 2
    "$venv/bin/python" tools/probe.py "$probe" >/dev/null 2>&1 && return
    provide "$reason" "$@"
    "$venv/bin/python" tools/probe.py "$probe" || stop "$reason, and installing $* did not help: see above."
}

version() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }
fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

# python3 first: .python-version decides where pyenv is in charge. PYTHON=... names one by hand.
candidates() {
    if [ -n "${PYTHON:-}" ]; then echo "$PYTHON"; return; fi
    printf '%s\n' python3 python3.13 python3.12 python3.14 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3 \
        "${XDG_DATA_HOME:-$HOME/.local/share}"/uv/python/cpython-3.1[2-9]*/bin/python3
}

find_python() {
    local candidate found=""
    while read -r candidate; do
        command -v "$candidate" >/dev/null || continue
        if fits "$candidate"; then "$candidate" -c 'import sys; print(sys.executable)'; return; fi
        found=${found:-"$(version "$candidate" || true) ($(command -v "$candidate"))"}
    done < <(candidates)
    stop "fem-ionics needs Python 3.12 or newer; found here: ${found:-none}.
Get one by any of
    uv python install 3.13
    pyenv install 3.13
    sudo apt-get install python3.13 python3.13-venv python3.13-dev    (where the system has it)
and run make again. One that is not on the PATH is named by hand: make demo PYTHON=/path/to/python3.13"
}

python=$(find_python)
echo "Python $(version "$python") ($python) -> $venv"
short=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import ensurepip' 2>/dev/null || provide "Python's venv module is missing" "python$short-venv"

rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[wheel,test]"

"$venv/bin/python" -c 'import dolfinx_solver, dolfinx' || stop "DOLFINx cannot be imported. Its wheel is for Linux on \
x86-64 with glibc 2.34 or newer; this is $(uname -sm). Elsewhere use conda or Docker: see README.md."

case $python in /usr/bin/*) headers=python$short-dev ;; *) headers= ;; esac
need mesh "gmsh lacks system libraries" libglu1-mesa libxft2 libxcursor1 libxinerama1 libgomp1
# shellcheck disable=SC2086  # no headers, no word
need compiler "DOLFINx compiles its forms and lacks a C compiler" gcc libc6-dev $headers
need picture "pyvista cannot render" libgl1 libegl1 libgl1-mesa-dri libxrender1

# Not needed, only compared with: tests and demos/cone_to_spice.py run netlists through it, and else leave that out.
if ! command -v ngspice >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "ngspice, to compare circuits with: installing it"
        apt-get update -qq >/dev/null 2>&1 || true
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ngspice >/dev/null 2>&1 || true
    fi
    command -v ngspice >/dev/null || echo "Note: ngspice is not here; what compares with it is left out (Debian and Ubuntu: \
sudo apt-get install ngspice)."
fi

touch "$venv/.installed"
