#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes ./configure out of configure.ac. Needed once in a fresh clone; ./setup does it by itself.
set -e
cd "$(dirname "$0")"
for tool in autoreconf automake libtoolize pkg-config; do
    command -v "$tool" >/dev/null || { echo "autogen.sh: $tool is missing; ./setup installs what is needed on Debian" >&2; exit 1; }
done
exec autoreconf --install --force --warnings=all,no-obsolete
