#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo: starts the stand-ins of the platforms, pulls, combines, pushes, and shows what came of it.
# Usage: run.sh PREFIX [--all] [FOLDER]. --all: one connector of every family. A second run shows what the platforms and
# the stores changed meanwhile.
set -eu
prefix=$1
shift
all=
[ "${1-}" != --all ] || { all=--all; shift; }
dir=${1:-$prefix/../demo${all:+-all}}
here=$(cd "$(dirname "$0")" && pwd)
standin=$here/../../tests/platforms/standin.py
mkdir -p "$dir/secrets"
chmod 700 "$dir/secrets"
dir=$(cd "$dir" && pwd)
conf=$dir/omnihub.conf

step() { printf '\n== %s\n' "$*"; }
# A sum of money, to the cent.
money() { printf 'dec((sum(%s) + 5000) / 10000 * 10000) AS %s' "$1" "${2-$1}"; }
omnihub() { "$prefix/bin/omnihub" -c "$conf" "$@"; }

generation=0
[ ! -f "$dir/generation" ] || generation=$(($(cat "$dir/generation") + 1))

: >"$dir/standin.out" # it has to be there before the line below looks into it
python3 "$standin" --generation "$generation" --key-file "$dir/secrets/google-key.json" >"$dir/standin.out" &
standin_pid=$!
trap 'kill "$standin_pid" 2>/dev/null || :' EXIT
trap 'exit 130' INT TERM
port=
while [ -z "$port" ]; do
    kill -0 "$standin_pid" 2>/dev/null || { echo 'demo: the stand-ins did not start' >&2; exit 1; }
    port=$(sed -n 's/^ready //p' "$dir/standin.out")
    [ -n "$port" ] || sleep 0.1
done
# shellcheck disable=SC2086
python3 "$here/make_data.py" --dir "$dir" --generation "$generation" --base "http://127.0.0.1:$port" $all

step "omnihub check --connect: is the configuration right, does each login work?"
omnihub ${all:+-q} check --connect
step "omnihub sync: pull, combine, push"
omnihub ${all:+-q} sync
echo "$generation" >"$dir/generation"

small() {
    step "channel_daily, the last three days"
    omnihub query "SELECT date, channel, dec(cost) AS cost, impressions, clicks, sessions, orders,
      dec(revenue) AS revenue, dec(platform_conversions) AS conversions, dec(roas) AS roas, coverage
      FROM channel_daily WHERE date >= (SELECT date(max(date), '-2 days') FROM channel_daily) ORDER BY date DESC, channel"
    step "channel_daily, the whole month"
    omnihub query "SELECT channel, dec(sum(cost)) AS cost, sum(impressions) AS impressions, sum(clicks) AS clicks,
      sum(sessions) AS sessions, sum(orders) AS orders, dec(sum(revenue)) AS revenue
      FROM channel_daily GROUP BY channel ORDER BY channel"
    step "omnihub runs: what was done"
    omnihub runs --last 12
}

large() {
    step "which connector gave numbers to which channels of channel_daily"
    omnihub query "SELECT f.connector, f.plugin, count(DISTINCT d.date) AS days, group_concat(DISTINCT d.channel) AS channels
      FROM (SELECT DISTINCT connector, source AS plugin FROM feeds) f
      JOIN channel_daily d ON instr(',' || d.coverage || ',', ',' || f.connector || ',') > 0
      GROUP BY 1, 2 ORDER BY 1"
    step "channel_daily, the whole month: what was spent, what came of it, what the platforms claim for themselves (EUR)"
    omnihub query "SELECT channel, $(money cost), sum(impressions) AS impressions, sum(clicks) AS clicks,
      sum(sessions) AS sessions, sum(crm_leads) AS crm_leads, sum(orders) AS orders, $(money revenue),
      $(money platform_conversion_value claimed), sum(deals_won) AS deals_won, $(money deal_value)
      FROM channel_daily GROUP BY channel ORDER BY channel"
    step "channel_daily, the newest day that is whole: each number with the connectors that it is from"
    omnihub query "SELECT channel, $(money cost), sum(clicks) AS clicks, sum(sessions) AS sessions, sum(orders) AS orders,
      $(money revenue), dec(sum(roas)) AS roas, min(coverage) AS coverage
      FROM channel_daily WHERE date = (SELECT max(date) FROM channel_daily WHERE coverage LIKE '%search%' AND channel = 'Organic Search'
        AND impressions IS NOT NULL) GROUP BY channel ORDER BY channel"
    step "does it add up? channel_daily and the tables that it is made of"
    omnihub query "SELECT 'net of all orders' AS what, (SELECT dec(sum(net)) FROM orders WHERE is_test IS NOT 1) AS tables,
        dec(sum(revenue)) AS channel_daily FROM channel_daily
      UNION ALL SELECT 'orders of shop and till', (SELECT count(*) FROM orders WHERE is_test IS NOT 1), sum(orders) FROM channel_daily
      UNION ALL SELECT 'visits', (SELECT sum(sessions) FROM web_daily WHERE stream = 'traffic_daily'), sum(sessions) FROM channel_daily
      UNION ALL SELECT 'clicks in mails', (SELECT sum(clicks) FROM messages_daily), (SELECT sum(clicks) FROM channel_daily
        WHERE channel = 'Email') FROM channel_daily LIMIT 4"
    step "omnihub status: how fresh each connector is"
    omnihub status
}

if [ -n "$all" ]; then large; else small; fi

if [ "$generation" -gt 0 ]; then
    step "omnihub restated: what changed since the run before (the newest of each connector)"
    for name in $(omnihub query "SELECT DISTINCT connector FROM feeds ORDER BY 1" --format csv | tail -n +2); do
        omnihub -q restated "$name" --last 3
    done
fi

step "to look at"
printf '%s\n' "$dir/out/      CSV files" "$dir/bi.db     SQLite database for a BI tool" "$dir/omnihub.conf   the configuration of all this" "http://127.0.0.1:9464/, once this runs: $prefix/bin/omnihub-web -c $conf"
[ "$generation" -gt 0 ] || printf '\nRun it again: the platforms and the stores will have changed some days.\n'
