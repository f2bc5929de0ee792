# SPDX-License-Identifier: Apache-2.0
"""F062 and F063: times that computers forget about."""

import fault
from fault import case

ORDERS = {"name": "orders", "dataset": "orders", "url": "/orders", "records": "$[*]", "constants": {},
          "fields": [{"path": "$.id", "column": "order_id"}, {"path": "$.at", "column": "at"}]}


def timed(number, name, text, at, date, zone="UTC"):
    def check(bench, result, checks):
        checks.is_(bench.query("SELECT at, date FROM d_orders"), [(at, date)], "time and day")
    return case(number, name, ['[{"id":"1","at":"%s"}]' % text], outcome="ok", reason="", stream=ORDERS, options={"zone": zone},
                check=check)


CASES = [
    timed("F062", "a leap second is the second before", "2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", "2016-12-31"),
    case("F062", "a 61st second is nonsense", ['[{"id":"1","at":"2016-12-31T23:59:61Z"}]'], says="is not a time", stream=ORDERS),
    timed("F063", "the second after which 32 bits are full", "2038-01-19T03:14:08Z", "2038-01-19T03:14:08Z", "2038-01-19"),
    timed("F063", "the last second of 32 bits without sign", "2106-02-07T06:28:16Z", "2106-02-07T06:28:16Z", "2106-02-07"),
    timed("F063", "2100 is no leap year", "2100-03-01T00:30:00+01:00", "2100-02-28T23:30:00Z", "2100-02-28"),
    timed("F063", "summer time of far away years", "2099-07-01T22:30:00Z", "2099-07-01T22:30:00Z", "2099-07-02", "Europe/Berlin"),
    case("F063", "29 February 2100", ['[{"id":"1","at":"2100-02-29T00:00:00Z"}]'], says="is not a time", stream=ORDERS),
]

if __name__ == "__main__":
    fault.run(CASES)
