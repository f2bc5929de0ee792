/* SPDX-License-Identifier: Apache-2.0
 * Telling the service manager how it goes: the datagrams that systemd documents in sd_notify(3). */
#ifndef HUB_NOTIFY_H
#define HUB_NOTIFY_H

#include <stdint.h>

/* One or several "KEY=value" lines. Does nothing where no manager asked ($NOTIFY_SOCKET). */
void notify_send(const char *lines);
/* "STATUS=…", printf-like. */
void notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* How often "WATCHDOG=1" is due, in micros: half of what the manager waits; 0: it does not. */
int64_t notify_watchdog(void);

#endif
