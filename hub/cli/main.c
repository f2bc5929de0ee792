/* SPDX-License-Identifier: Apache-2.0
 * omnihub: the command line. */
#include <config.h>

#include "base/json.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
    json_init();
    return cli_main(argc, argv);
}
