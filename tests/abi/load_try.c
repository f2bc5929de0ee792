/* SPDX-License-Identifier: Apache-2.0
 * Loads the plugin that is named and says what came of it; for test_abi.sh. */
#include <config.h>

#include <stdio.h>

#include "plugin/load.h"

int main(int argc, char **argv)
{
    struct err err;
    struct load *load = argc == 2 ? load_open(argv[1], &err) : NULL;
    if (!load) {
        puts(err.text);
        return 1;
    }
    printf("loaded %s %s\n", load_module(load)->name, load_module(load)->version);
    load_close(load);
    return 0;
}
