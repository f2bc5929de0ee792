/* SPDX-License-Identifier: Apache-2.0
 * HubSpot's objects as streams. */
#include "objects.h"

#include <string.h>

/* Properties are texts or null; one that a portal does not have is left out of the reply. */
#define KEY(column_)                                                                               \
    OMNI_FIELD(.path = "$.id", .column = (column_), .type = OMNI_TEXT, .flags = OMNI_KEY)
#define TEXT(name, column_)                                                                        \
    OMNI_FIELD(.path = "$.properties." name, .column = (column_), .type = OMNI_TEXT,               \
               .flags = OMNI_OPTIONAL)
#define PERSONAL(name, column_)                                                                    \
    OMNI_FIELD(.path = "$.properties." name, .column = (column_), .type = OMNI_TEXT,               \
               .flags = OMNI_OPTIONAL | OMNI_SENSITIVE)
#define DECIMAL(name, column_)                                                                     \
    OMNI_FIELD(.path = "$.properties." name, .column = (column_), .type = OMNI_MICROS,             \
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_OPTIONAL | OMNI_ROUND)
#define FLAG(name, column_)                                                                        \
    OMNI_FIELD(.path = "$.properties." name, .column = (column_), .type = OMNI_BOOL,               \
               .flags = OMNI_OPTIONAL)
#define TIME(name, column_)                                                                        \
    OMNI_FIELD(.path = "$.properties." name, .column = (column_), .type = OMNI_TIME,               \
               .unit = OMNI_TIME_ISO, .flags = OMNI_OPTIONAL)
#define COMPUTED(name, column_)                                                                    \
    OMNI_FIELD(.path = "$.computed." name, .column = (column_), .type = OMNI_TEXT,                 \
               .flags = OMNI_OPTIONAL)
#define CREATED                                                                                    \
    OMNI_FIELD(.path = "$.createdAt", .column = "created_at", .type = OMNI_TIME,                   \
               .unit = OMNI_TIME_ISO, .flags = OMNI_OPTIONAL)
#define UPDATED                                                                                    \
    OMNI_FIELD(.path = "$.updatedAt", .column = "updated_at", .type = OMNI_TIME,                   \
               .unit = OMNI_TIME_ISO)
#define DELETED OMNI_FIELD(.path = "$.archived", .column = "deleted", .type = OMNI_BOOL)

static const struct omni_field *const contact_fields[] = {
    KEY("contact_id"),
    PERSONAL("email", "email"),
    PERSONAL("phone", "phone"),
    OMNI_FIELD(.path = "$.computed.name", .column = "name", .type = OMNI_TEXT,
               .flags = OMNI_OPTIONAL | OMNI_SENSITIVE, .help = "firstname and lastname"),
    COMPUTED("companies", "company_id"),
    TEXT("company", "company"),
    TEXT("hubspot_owner_id", "owner"),
    TEXT("lifecyclestage", "lifecycle_stage"),
    TEXT("hs_lead_status", "status"),
    TEXT("hs_analytics_source", "lead_source"),
    TEXT("country", "country"),
    TEXT("city", "city"),
    CREATED,
    UPDATED,
    COMPUTED("merged_into", "merged_into"),
    DELETED,
    NULL};

static const struct omni_field *const deal_fields[] = {
    KEY("deal_id"),
    TEXT("dealname", "name"),
    TEXT("deal_currency_code", "currency"),
    DECIMAL("amount", "amount"),
    TEXT("pipeline", "pipeline"),
    TEXT("dealstage", "stage"),
    DECIMAL("hs_deal_stage_probability", "probability"),
    FLAG("hs_is_closed_won", "is_won"),
    FLAG("hs_is_closed", "is_closed"),
    TIME("closedate", "closed_at"),
    COMPUTED("contacts", "contact_ids"),
    TEXT("hubspot_owner_id", "owner"),
    TEXT("hs_analytics_source_data_1", "source_campaign"),
    TEXT("hs_analytics_source", "lead_source"),
    CREATED,
    UPDATED,
    DELETED,
    NULL};

static const struct omni_field *const company_fields[] = {
    KEY("company_id"),
    TEXT("name", "name"),
    TEXT("domain", "domain"),
    TEXT("phone", "phone"),
    TEXT("industry", "industry"),
    TEXT("type", "type"),
    OMNI_FIELD(.path = "$.properties.numberofemployees", .column = "employees", .type = OMNI_INT,
               .flags = OMNI_OPTIONAL),
    DECIMAL("annualrevenue", "annual_revenue"),
    TEXT("hubspot_owner_id", "owner"),
    TEXT("lifecyclestage", "lifecycle_stage"),
    TEXT("country", "country"),
    TEXT("city", "city"),
    CREATED,
    UPDATED,
    COMPUTED("merged_into", "merged_into"),
    DELETED,
    NULL};

#define ACTIVITY(subject, body, outcome)                                                           \
    {                                                                                              \
        KEY("activity_id"), TIME("hs_timestamp", "at"), COMPUTED("contacts", "contact_id"),        \
            COMPUTED("deals", "deal_id"), TEXT("hubspot_owner_id", "owner"),                       \
            subject body outcome UPDATED, DELETED, NULL                                            \
    }
#define SUBJECT(name) PERSONAL(name, "subject"),
#define BODY(name)    PERSONAL(name, "body"),
#define OUTCOME(name) TEXT(name, "outcome"),
#define NONE

static const struct omni_field *const call_fields[] =
    ACTIVITY(SUBJECT("hs_call_title"), BODY("hs_call_body"), OUTCOME("hs_call_disposition"));
static const struct omni_field *const email_fields[] =
    ACTIVITY(SUBJECT("hs_email_subject"), BODY("hs_email_text"), OUTCOME("hs_email_status"));
static const struct omni_field *const meeting_fields[] =
    ACTIVITY(SUBJECT("hs_meeting_title"), BODY("hs_meeting_body"), OUTCOME("hs_meeting_outcome"));
static const struct omni_field *const note_fields[] = ACTIVITY(NONE, BODY("hs_note_body"), NONE);
static const struct omni_field *const task_fields[] =
    ACTIVITY(SUBJECT("hs_task_subject"), BODY("hs_task_body"), OUTCOME("hs_task_status"));

#define STREAM(name_, dataset_, fields_, ...)                                                      \
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = (name_), .dataset = (dataset_), .fields = (fields_),  \
                .day_zone = "account", __VA_ARGS__)
#define ACTIVITIES(name_, type_, fields_)                                                          \
    STREAM(name_, "crm_activities", fields_, .constants = "type=" type_,                           \
           .help = name_ " that were logged")

const struct omni_stream *const hubspot_streams[] = {
    STREAM("contacts", "crm_people", contact_fields, .help = "contacts, with those merged away"),
    STREAM("companies", "crm_companies", company_fields,
           .help = "companies, with those merged away"),
    STREAM("deals", "crm_deals", deal_fields, .help = "deals, as of the day they were read"),
    ACTIVITIES("calls", "call", call_fields),
    ACTIVITIES("emails", "email", email_fields),
    ACTIVITIES("meetings", "meeting", meeting_fields),
    ACTIVITIES("notes", "note", note_fields),
    ACTIVITIES("tasks", "task", task_fields),
    NULL};

#define MODIFIED "hs_lastmodifieddate"
#define MERGED   "hs_merged_object_ids"

static const struct object objects[] = {
    {"contacts", "lastmodifieddate", "firstname,lastname," MERGED, {"companies"}, 0},
    {"companies", MODIFIED, MERGED, {NULL}, 0},
    {"deals", MODIFIED, MERGED, {"contacts"}, 1},
    {"calls", MODIFIED, "", {"contacts", "deals"}, 0},
    {"emails", MODIFIED, "", {"contacts", "deals"}, 0},
    {"meetings", MODIFIED, "", {"contacts", "deals"}, 0},
    {"notes", MODIFIED, "", {"contacts", "deals"}, 0},
    {"tasks", MODIFIED, "", {"contacts", "deals"}, 0},
};

const struct object *hubspot_object(const char *stream)
{
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        if (strcmp(objects[i].type, stream) == 0)
            return &objects[i];
    return NULL;
}
