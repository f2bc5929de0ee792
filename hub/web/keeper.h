/* SPDX-License-Identifier: Apache-2.0
 * The process around the worker: reads the configuration, listens, keeps a worker running. */
#ifndef HUB_WEB_KEEPER_H
#define HUB_WEB_KEEPER_H

/* Until SIGTERM or SIGINT. listen NULL: as configured. Returns the exit code: 0; 2: the
 * configuration is wrong; 3: it cannot work here. */
int keeper_run(const char *config_path, const char *listen);

#endif
