#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every frozen header against the current one, by abidiff: members may have been added at the end; none may have moved, gone
# or become another type. First it is shown that abidiff would see that.
set -u
here=$OMNI_SRCDIR/tests/abi
cc=${CC:-cc}
if ! command -v abidiff >/dev/null; then
	echo '1..0 # SKIP abidiff (Debian: abigail-tools) is not installed'
	exit 0
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0

check() { # name, command …
	count=$((count + 1))
	name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$work/out"
	fi
}
build() { # object, include folder
	$cc -std=c11 -g -O0 -shared -fPIC -I"$2" -o "$work/$1" "$here/types.c"
}
moved="offset changed|data member deletion|deleted|type of '.*changed|value changed from|parameter .* changed|return type changed"
moved="$moved|type name changed from|entity changed from|' changed to '"
# What an old plugin would stumble over. New members at the end, and new enumerators, are none of it.
# A pointer to a struct that grew is said to have changed; what lies behind it is judged by its own lines.
is_kept() { # old, new
	abidiff "$work/$1" "$work/$2" >"$work/report" 2>&1
	awk '/in pointed to type/ { held = "" } held != "" { print held } { held = $0 } END { print held }' "$work/report" >"$work/judged"
	! grep -E "$moved" "$work/judged" || { cat "$work/report"; false; }
}
is_noticed() { ! is_kept "$@"; }
variant() { # name, sed script
	mkdir -p "$work/$1/omnihub"
	sed "$2" "$OMNI_SRCDIR/sdk/include/omnihub/omnihub.h" >"$work/$1/omnihub/omnihub.h"
	build "$1.so" "$work/$1"
}

build current.so "$OMNI_SRCDIR/sdk/include" || exit 99
for frozen in "$here"/v*; do
	version=$(basename "$frozen")
	build "$version.so" "$frozen" || exit 99
	check "nothing of $version has moved" is_kept "$version.so" current.so
done
variant moved 's/^    uint32_t settle_days;/    uint32_t new_in_the_middle; uint32_t settle_days;/'
check 'a member in the middle is noticed' is_noticed current.so moved.so
variant gone 's/^    uint32_t max_window_days;//'
check 'a member that went is noticed' is_noticed current.so gone.so
variant retyped 's/^    uint32_t history_days;/    int64_t history_days;/'
check 'a member of another type is noticed' is_noticed current.so retyped.so
variant longer 's/^    const struct omni_sink \*const \*sinks;/&\n    const char *new_at_the_end;/'
check 'a member at the end is fine' is_kept current.so longer.so
variant behind 's/^    const int32_t \*offsets;/    const int64_t *offsets;/'
check 'another type behind a pointer is noticed' is_noticed current.so behind.so
variant grown 's/^    void (\*abort)(void \*self, struct omni_run \*);/&\n    const char *new_at_the_end;/'
check 'a struct that grew behind a pointer is fine' is_kept current.so grown.so
echo "1..$count"
