# SPDX-License-Identifier: Apache-2.0
"""When each connector of the torture test was due, computed from its schedule and from when the clock was set, without the hub: and
that each of these ticks has exactly one successful run. Ticks that came before the run for an earlier one had begun share it."""

import bisect

from torture_lab import SHOPS, SPEED

SLACK_S = 2.0  # of real time, between a moment here and what another process says of it


def spread(name, minutes):
    """Starts are spread over a twentieth of the interval, five minutes at most, the same for a name each time: seconds after the tick."""
    number = 0xcbf29ce484222325
    for byte in name.encode():
        number = (number ^ byte) * 0x100000001b3 % 2**64
    return (number ^ number >> 29) % int(min(minutes * 60 / 20, 300) * 1e6) / 1e6


class Timeline:
    """The wall's clock as a function of one that never jumps."""

    def __init__(self, clock, began, ended):
        self.clock, self.began, self.ended = clock, began, ended
        with clock.lock:
            self.settings = list(clock.settings)
        self.starts = [at for at, _ in self.settings]

    def wall(self, steady):
        return self.clock.wall_at(steady, self.settings[max(bisect.bisect_right(self.starts, steady) - 1, 0)][1])

    def steady(self, wall, after, before):
        """When the clock showed that, between two moments; None: it did not."""
        for i, (at, ahead) in enumerate(self.settings):
            until = self.starts[i + 1] if i + 1 < len(self.starts) else self.ended
            found = at + (wall - self.clock.wall_at(at, ahead)) / SPEED
            if max(at, after) - SLACK_S <= found <= min(until, before) + SLACK_S:
                return found
        return None

    def ticks(self, minutes, after):
        """The moments at which the clock first stood so many seconds after a multiple of the interval."""
        step, found = minutes * 60, []
        most = self.wall(self.began)
        for i, (at, ahead) in enumerate(self.settings):
            until = min(self.starts[i + 1] if i + 1 < len(self.starts) else self.ended, self.ended)
            if until < self.began:
                continue
            at = max(at, self.began)
            shown, last = self.clock.wall_at(at, ahead), self.clock.wall_at(until, ahead)
            tick = int((most - after) // step + 1) * step + after
            while tick <= last:
                found.append(max(at, at + (tick - shown) / SPEED))
                tick += step
            most = max(most, last)
        return found


    def shown_again(self, minutes, after, starts):
        """The moments at which the clock stood there again after it was set back, where a service began in between: it knows of a tick
        only by the run that came of it, and there is none where the connector waited for its platform."""
        step, found, most = minutes * 60, [], self.wall(self.began)
        for i, (at, ahead) in enumerate(self.settings):
            until = min(self.starts[i + 1] if i + 1 < len(self.starts) else self.ended, self.ended)
            shown, last = self.clock.wall_at(at, ahead), self.clock.wall_at(until, ahead)
            tick = int((shown - after) // step + 1) * step + after
            while tick <= min(last, most):
                moment = at + (tick - shown) / SPEED
                found += [moment] if any(at - SLACK_S <= start <= moment for start in starts) else []
                tick += step
            most = max(most, last)
        return found


class Run:
    """hub_began: when the hub started its job; start: when that wrote it into the ledger."""

    def __init__(self, row, job_starts, watch, timeline):
        self.number, _, batch, started, ended, _ = row
        after, before = watch.first_seen.get(self.number, (timeline.began, timeline.ended))
        self.start = timeline.steady(started / 1e6, after, before) or before
        self.end = timeline.steady(ended / 1e6, self.start, timeline.ended) or self.start
        self.hub_began = min(job_starts.get(batch, self.start), self.start)


def excuses(lab, name, began):
    """Moments after which a run may come without a tick: the first one, and what a person ordered."""
    return [began] + [at for at, connector in lab.asked_for if connector == name]


def check(lab, watch, runs, moments):
    """moments: when it began, when everything was due for the last time, when it ended. What is wrong, how many ticks and successful runs
    there were."""
    began, quiet, ended = moments
    timeline, wrong, n_ticks, n_runs = Timeline(lab.clock, began, ended), [], 0, 0
    job_starts = lab.starts_of_jobs()
    for name in SHOPS:
        ticks = sorted(timeline.ticks(SHOPS[name][1], spread(name, SHOPS[name][1])) + excuses(lab, name, began))
        again = timeline.shown_again(SHOPS[name][1], spread(name, SHOPS[name][1]), lab.started)
        good = [Run(row, job_starts, watch, timeline) for row in runs if row[1] == name and row[-1] == "ok"]
        n_ticks, n_runs = n_ticks + len(ticks), n_runs + len(good)
        last = max(tick for tick in ticks if tick <= quiet)
        if not any(run.start >= last - SLACK_S for run in good):
            wrong.append("%s: the tick at %.1f s has no successful run" % (name, last - began))
        wrong += twice(name, sorted(ticks + again), good, lab.hurt, began)
    return wrong, n_ticks, n_runs


def twice(name, ticks, good, hurt, began):
    """Each successful run has a tick of its own, which came after the run before it had begun. A job that was hit between its last word to
    the ledger and that to its hub is run again."""
    found, spent, before = [], -1, None
    for run in good:
        first = before.hub_began - SLACK_S if before else began
        own = next((i for i, tick in enumerate(ticks) if i > spent and first <= tick <= run.start + SLACK_S), None)
        was_hit = before and any(before.hub_began - SLACK_S <= when <= before.end + SLACK_S for when in hurt)
        if own is None and not was_hit:
            found.append("%s: run %d at %.1f s has no tick of its own" % (name, run.number, run.start - began))
        spent, before = spent if own is None else own, run
    return found
