/* SPDX-License-Identifier: Apache-2.0
 * Salesforce's objects: which streams they are and how each is asked for. */
#ifndef OMNI_SALESFORCE_OBJECTS_H
#define OMNI_SALESFORCE_OBJECTS_H

#include <omnihub/sdk.h>

struct object {
    const char *stream, *name; /* "leads", "Lead" */
    const char *further;       /* fields beside the stream's, each behind a comma */
};

extern const struct omni_stream *const salesforce_streams[];
extern const struct object salesforce_objects[]; /* in the order of the streams */
/* Of a stream's name. */
const struct object *salesforce_object(const char *stream);

#endif
