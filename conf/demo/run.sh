#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo: starts the stand-ins of the platforms, pulls, combines, pushes, and shows what came of it.
# Usage: run.sh PREFIX [FOLDER]. A second run shows what the platforms and the stores changed meanwhile.
set -eu
prefix=$1
dir=${2:-$prefix/../demo}
here=$(cd "$(dirname "$0")" && pwd)
standin=$here/../../tests/platforms/standin.py
omnihub=$prefix/bin/omnihub
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
conf=$dir/omnihub.conf

step() { printf '\n== %s\n' "$*"; }

generation=0
[ ! -f "$dir/generation" ] || generation=$(($(cat "$dir/generation") + 1))

: >"$dir/standin.out" # there before the loop below looks into it
python3 "$standin" --generation "$generation" --key-file "$dir/ga-key.json" >"$dir/standin.out" &
standin_pid=$!
trap 'kill "$standin_pid" 2>/dev/null || :' EXIT
trap 'exit 130' INT TERM
port=
while [ -z "$port" ]; do
    kill -0 "$standin_pid" 2>/dev/null || { echo 'demo: the stand-ins did not start' >&2; exit 1; }
    port=$(sed -n 's/^ready //p' "$dir/standin.out")
    [ -n "$port" ] || sleep 0.1
done
python3 "$here/make_data.py" --dir "$dir" --generation "$generation" --base "http://127.0.0.1:$port"

step "omnihub check: is the configuration right, does each login work?"
"$omnihub" -c "$conf" check --connect
step "omnihub sync: pull, combine, push"
"$omnihub" -c "$conf" sync
echo "$generation" >"$dir/generation"

step "channel_daily, the last three days"
"$omnihub" -c "$conf" query "SELECT date, channel, dec(cost) AS cost, impressions, clicks, sessions, orders,
  dec(revenue) AS revenue, dec(platform_conversions) AS conversions, dec(roas) AS roas, coverage
  FROM channel_daily WHERE date >= (SELECT date(max(date), '-2 days') FROM channel_daily) ORDER BY date DESC, channel"
step "channel_daily, the whole month"
"$omnihub" -c "$conf" query "SELECT channel, dec(sum(cost)) AS cost, sum(impressions) AS impressions, sum(clicks) AS clicks,
  sum(sessions) AS sessions, sum(orders) AS orders, dec(sum(revenue)) AS revenue
  FROM channel_daily GROUP BY channel ORDER BY channel"
step "omnihub runs: what was done"
"$omnihub" -c "$conf" runs --last 12
if [ "$generation" -gt 0 ]; then
    step "omnihub restated: what changed since the run before (the newest of each connector)"
    for name in web ads-europe ads-us till; do
        "$omnihub" -c "$conf" restated "$name" --last 6
    done
fi

step "to look at"
printf '%s\n' "$dir/out/      CSV files" "$dir/bi.db     SQLite database for a BI tool" "$dir/omnihub.conf   the configuration of all this"
[ "$generation" -gt 0 ] || printf '\nRun it again: the platforms and the stores will have changed some days.\n'
