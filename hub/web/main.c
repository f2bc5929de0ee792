/* SPDX-License-Identifier: Apache-2.0
 * omnihub-web: a status page and metrics of a hub, read-only. */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/keeper.h"
#include "dirs.h"

static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                        {"listen", required_argument, NULL, 'l'},
                                        {"quiet", no_argument, NULL, 'q'},
                                        {"verbose", no_argument, NULL, 'v'},
                                        {"help", no_argument, NULL, 'h'},
                                        {"version", no_argument, NULL, 'V'},
                                        {0}};

static const char usage[] =
    "usage: omnihub-web [-c FILE] [--listen ADDRESS:PORT] [-q | -v]\n\n"
    "Shows how a hub is: a page for people, metrics for Prometheus. It changes nothing.\n\n"
    "  -c, --config FILE          the configuration, default $OMNIHUB_CONF or\n"
    "                             " HUB_SYSCONFDIR "/omnihub/omnihub.conf\n"
    "  -l, --listen ADDRESS:PORT  instead of web.listen; port 0: any that is free\n"
    "  -q, --quiet                errors only\n"
    "  -v, --verbose              what guests do wrong, too\n"
    "  -h, --help                 this text\n"
    "      --version              the version\n";

static const char *default_config(void)
{
    const char *env = getenv("OMNIHUB_CONF");
    return env && *env ? env : HUB_SYSCONFDIR "/omnihub/omnihub.conf";
}

int main(int argc, char **argv)
{
    const char *config = default_config(), *listen = NULL;
    for (int c; (c = getopt_long(argc, argv, "c:l:qvh", options, NULL)) != -1;) {
        if (c == 'c')
            config = optarg;
        else if (c == 'l')
            listen = optarg;
        else if (c == 'q' || c == 'v')
            log_set_level(c == 'q' ? LOG_ERROR : LOG_DEBUG);
        else if (c == 'V')
            return printf("omnihub-web %s\n", PACKAGE_VERSION) < 0;
        else
            return fputs(usage, c == 'h' ? stdout : stderr) < 0 || c != 'h' ? 2 : 0;
    }
    struct endpoint endpoint;
    if (optind < argc || (listen && !endpoint_parse(listen, &endpoint))) {
        fputs(usage, stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    json_init();
    /* Once the fences are up, there is nothing to read it from. */
    json_object_seed(0);
    auto_free char *path = realpath(config, NULL);
    return keeper_run(path ? path : config, listen);
}
