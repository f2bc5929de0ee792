/* SPDX-License-Identifier: Apache-2.0
 * One of each struct of the contract, for abidiff to read their layouts out of the debug
 * information. */
#include <omnihub/omnihub.h>

#define ONE(name)                                                                                  \
    extern struct name types_##name;                                                               \
    struct name types_##name;

ONE(omni_cell)
ONE(omni_field)
ONE(omni_stream)
ONE(omni_option)
ONE(omni_auth)
ONE(omni_request)
ONE(omni_http)
ONE(omni_host)
ONE(omni_source)
ONE(omni_column)
ONE(omni_batch)
ONE(omni_delivery)
ONE(omni_sink)
ONE(omni_module)
