#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh SECONDS SEED CORPUS FOUND TARGET: runs one fuzz target; a line "ok" or "not ok", and the end of its log where it crashed.
# SEED 0: another one each time.
set -u
seconds=$1 seed=$2 corpus=$3 found=$4 target=$5
name=$(basename "$target")
mkdir -p "$found/$name"
log=$found/$name.log
# A slow input is a fault, but not on a machine that does much else: hence half a minute.
if "./$target" -max_total_time="$seconds" -seed="$seed" -timeout=30 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found/$name-" "$found/$name" "$corpus/$name" >"$log" 2>&1; then
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
    echo "ok - $name: $inputs inputs in $seconds s, $new new in $found/$name"
else
    echo "not ok - $name: $log; the input: $(ls -t "$found/$name"-* 2>/dev/null | head -1)"
    tail -60 "$log" | sed 's/^/# /'
    exit 1
fi
