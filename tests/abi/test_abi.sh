#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The contract from outside: headers compile alone, plugins built with one plain command load, and each
# thing that is wrong with a plugin file has its own refusal.
set -u
here=$OMNI_SRCDIR/tests/abi
try=$OMNI_BUILDDIR/tests/abi/load_try
cc=${CC:-cc}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0

result() { # ok|"not ok", name
	count=$((count + 1))
	echo "$1 $count - $2"
}
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}
check() { # name, command …
	name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		result ok "$name"
	else
		result 'not ok' "$name"
		sed 's/^/# /' "$work/out"
	fi
}
build() { # object, flags …
	object=$1
	shift
	$cc -shared -fPIC -fvisibility=hidden "$@" -o "$work/$object" "$here/sample.c"
}
says() { # name, text, file
	"$try" "$3" >"$work/out" 2>&1
	if grep -F -q -e "$2" "$work/out"; then
		result ok "$1"
	else
		result 'not ok' "$1"
		sed 's/^/# /' "$work/out"
	fi
}

# Headers alone.
echo '#include <omnihub/omnihub.h>
#include <omnihub/sdk.h>' >"$work/c.c"
cp "$work/c.c" "$work/cxx.cc"
for compiler in gcc clang; do
	if command -v $compiler >/dev/null; then
		check "headers are C11 for $compiler" $compiler -std=c11 -Wall -Wextra -Wpedantic -Werror \
			-I"$OMNI_SRCDIR/sdk/include" -fsyntax-only "$work/c.c"
	else
		skip "headers are C11 for $compiler" 'not installed'
	fi
done
for compiler in g++ clang++; do
	if command -v $compiler >/dev/null && echo '#include <stddef.h>' >"$work/try.cc" &&
		$compiler -fsyntax-only "$work/try.cc" 2>/dev/null; then
		check "headers are C++17 for $compiler" $compiler -std=c++17 -Wall -Wextra -Wpedantic -Werror \
			-I"$OMNI_SRCDIR/sdk/include" -fsyntax-only "$work/cxx.cc"
	else
		skip "headers are C++17 for $compiler" 'not installed'
	fi
done

# Exactly one symbol, in all that were built.
# What is preloaded into the programs (all of tests/fault, and old_kernel) is not loaded as a plugin.
for object in $(find "$OMNI_BUILDDIR/plugins" "$OMNI_BUILDDIR/tests" -path '*/.libs/*.so' ! -path '*/tests/fault/*' ! -name old_kernel.so 2>/dev/null | sort); do
	symbols=$(nm -D --defined-only "$object" | awk '$2 != "w" { print $3 }')
	name=$(basename "$object")
	if [ "$symbols" = omnihub_module_v1 ]; then
		result ok "$name exports one symbol"
	else
		result 'not ok' "$name exports one symbol"
		echo "$symbols" | sed 's/^/# /'
	fi
done

current=$OMNI_SRCDIR/sdk/include
build current.so -I"$current"
says 'a plugin loads' 'loaded sample 1.0' "$work/current.so"
for frozen in "$here"/v*; do
	version=$(basename "$frozen")
	build "$version.so" -I"$frozen"
	says "a plugin built against $version loads" 'loaded sample 1.0' "$work/$version.so"
done

build other.so -I"$current" -DOTHER_MAJOR
says 'another major version' 'built for version 2 of the plugin contract, this hub speaks version 1.0' "$work/other.so"
build major.so -I"$current" -DMAJOR=2
says 'another major version in the struct' 'built for version 2.0 of the plugin contract' "$work/major.so"
build minor.so -I"$current" -DMINOR=99
says 'a newer minor version' 'needs version 1.99 of the plugin contract, this hub is older' "$work/minor.so"
build size.so -I"$current" -DSIZE=8
says 'a module that is too short' 'the contract is broken' "$work/size.so"
build symbol.so -I"$current" -DNO_SYMBOL
says 'no symbol' 'does not export omnihub_module_v1' "$work/symbol.so"

echo 'int main(void) { return 0; }' >"$work/text.so"
says 'a text file' 'its first bytes are not ELF' "$work/text.so"
: >"$work/empty.so"
says 'an empty file' 'its first bytes are not ELF' "$work/empty.so"
head -c 40 "$work/current.so" >"$work/header.so"
says 'half a header' 'not even its header is whole' "$work/header.so"
head -c 2000 "$work/current.so" >"$work/cut.so"
says 'a file that was cut' 'cut short' "$work/cut.so"
cp "$work/current.so" "$work/machine.so"
printf '\377\177' | dd of="$work/machine.so" bs=1 seek=18 conv=notrunc 2>/dev/null
says 'another machine' 'built for another kind of machine' "$work/machine.so"
cp "$work/current.so" "$work/type.so"
printf '\1' | dd of="$work/type.so" bs=1 seek=16 conv=notrunc 2>/dev/null
says 'not a shared object' 'link it with -shared' "$work/type.so"
$cc -shared -fPIC -I"$current" -Wl,--no-as-needed -o "$work/needs.so" "$here/sample.c" -L"$work" -l:current.so
mv "$work/current.so" "$work/moved.so"
says 'a library that is missing' 'current.so' "$work/needs.so"
mv "$work/moved.so" "$work/current.so"

says 'a file that is not there' 'cannot be opened: No such file' "$work/absent.so"
mkdir "$work/folder.so"
says 'a folder' 'not a regular file' "$work/folder.so"
mkfifo "$work/pipe.so"
says 'a named pipe' 'not a regular file' "$work/pipe.so"
ln -s current.so "$work/link.so"
says 'a symbolic link' 'is a symbolic link' "$work/link.so"
cp "$work/current.so" "$work/mode.so"
chmod o+w "$work/mode.so"
says 'a file that others may write' 'others may write to it' "$work/mode.so"
mkdir "$work/open"
cp "$work/current.so" "$work/open/p.so"
chmod 777 "$work/open"
says 'a folder that others may write' 'others may replace it' "$work/open/p.so"
chmod +t "$work/open"
says 'a sticky folder' 'loaded sample' "$work/open/p.so"
if [ "$(id -u)" = 0 ]; then
	cp "$work/current.so" "$work/owner.so"
	chown 12345 "$work/owner.so"
	says 'another owner' 'owned by user 12345' "$work/owner.so"
	mkdir "$work/theirs"
	cp "$work/current.so" "$work/theirs/p.so"
	chown 12345 "$work/theirs"
	says "another owner's folder" 'others may replace it' "$work/theirs/p.so"
else
	skip 'another owner' 'needs root'
	skip "another owner's folder" 'needs root'
fi
echo "1..$count"
