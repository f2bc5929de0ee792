/* SPDX-License-Identifier: Apache-2.0
 * What plugins said of their platform's API when the hub last asked them: for those who look at the
 * store and cannot ask. */
#ifndef HUB_APIS_H
#define HUB_APIS_H

#include <jansson.h>

#include "store/store.h"

/* {plugin as in the configuration: {api_version, api_sunset}}, what is not known left out. New
 * reference; NULL with err. */
json_t *apis_list(struct store *, struct err *);
/* What is known now of these plugins; writes nothing where it is there already. */
omni_status apis_note(struct store *, const json_t *apis, struct err *);

#endif
