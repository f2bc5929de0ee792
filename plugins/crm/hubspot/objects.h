/* SPDX-License-Identifier: Apache-2.0
 * HubSpot's objects: which streams they are and how each is asked for. */
#ifndef OMNI_HUBSPOT_OBJECTS_H
#define OMNI_HUBSPOT_OBJECTS_H

#include <omnihub/sdk.h>

enum { OBJECT_LINKS = 2 };

struct object {
    const char *type;                /* in the url; the stream's name too */
    const char *modified;            /* the property that says when it was changed */
    const char *further;             /* properties beside the fields', separated by commas */
    const char *links[OBJECT_LINKS]; /* objects that it is associated with */
    int is_many;                     /* the column takes all of them, not the first */
};

extern const struct omni_stream *const hubspot_streams[];
/* Of a stream's name. */
const struct object *hubspot_object(const char *stream);

#endif
