#!/bin/sh
# The Dockerfile's steps in a bare Debian, for machines without Docker: builds, starts, waits until healthy.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "deploy/test-chroot.sh: needs root, left out" >&2; exit 0; }
command -v debootstrap >/dev/null || apt-get install -q -y --no-install-recommends debootstrap ||
    { echo "deploy/test-chroot.sh: needs debootstrap, left out" >&2; exit 0; }
folder=$(mktemp -d "${TMPDIR:-/tmp}/pult-image.XXXXXX")
trap 'rm -rf --one-file-system "$folder"' EXIT INT TERM
python=.venv/bin/python
[ -x "$python" ] || python=python3
"$python" deploy/run_dockerfile.py "$folder"
