/* SPDX-License-Identifier: Apache-2.0
 * Salesforce's objects as streams. */
#include "objects.h"

#include <string.h>

/* A field that was asked for is always in the reply, if only as null: one that is not is an error.
 * Of a field of another object (Account.Name) there is nothing where there is no such object. */
#define KEY(column_)                                                                               \
    OMNI_FIELD(.path = "$.Id", .column = (column_), .type = OMNI_TEXT, .flags = OMNI_KEY)
#define TEXT(name, column_) OMNI_FIELD(.path = "$." name, .column = (column_), .type = OMNI_TEXT)
#define PERSONAL(name, column_)                                                                    \
    OMNI_FIELD(.path = "$." name, .column = (column_), .type = OMNI_TEXT, .flags = OMNI_SENSITIVE)
#define MAYBE(name, column_)                                                                       \
    OMNI_FIELD(.path = "$." name, .column = (column_), .type = OMNI_TEXT, .flags = OMNI_OPTIONAL)
#define BODY(name)                                                                                 \
    OMNI_FIELD(.path = "$." name, .column = "body", .type = OMNI_TEXT,                             \
               .flags = OMNI_OPTIONAL | OMNI_SENSITIVE)
#define FLAG(name, column_) OMNI_FIELD(.path = "$." name, .column = (column_), .type = OMNI_BOOL)
#define TIME(name, column_)                                                                        \
    OMNI_FIELD(.path = "$." name, .column = (column_), .type = OMNI_TIME, .unit = OMNI_TIME_ISO)
#define UPDATED TIME("SystemModstamp", "updated_at")
#define DELETED FLAG("IsDeleted", "deleted")
#define PERSON                                                                                     \
    KEY("contact_id"), PERSONAL("Email", "email"), PERSONAL("Phone", "phone"),                     \
        PERSONAL("Name", "name"), TEXT("OwnerId", "owner"), TEXT("LeadSource", "lead_source"),     \
        TIME("CreatedDate", "created_at"), TEXT("MasterRecordId", "merged_into"), UPDATED, DELETED

static const struct omni_field *const lead_fields[] = {PERSON,
                                                       TEXT("Company", "company"),
                                                       TEXT("Status", "status"),
                                                       TEXT("Country", "country"),
                                                       TEXT("City", "city"),
                                                       NULL};

static const struct omni_field *const contact_fields[] = {PERSON,
                                                          TEXT("AccountId", "company_id"),
                                                          MAYBE("Account.Name", "company"),
                                                          TEXT("MailingCountry", "country"),
                                                          TEXT("MailingCity", "city"),
                                                          NULL};

static const struct omni_field *const opportunity_fields[] = {
    KEY("deal_id"), TEXT("Name", "name"),
    /* Only orgs with several currencies have it. */
    MAYBE("CurrencyIsoCode", "currency"),
    OMNI_FIELD(.path = "$.Amount", .column = "amount", .type = OMNI_MICROS, .unit = OMNI_UNIT_MAJOR,
               .flags = OMNI_ROUND),
    TEXT("StageName", "stage"),
    OMNI_FIELD(.path = "$.Probability", .column = "probability", .type = OMNI_MICROS,
               .unit = OMNI_UNIT_PERCENT, .flags = OMNI_ROUND),
    FLAG("IsWon", "is_won"), FLAG("IsClosed", "is_closed"), TIME("CloseDate", "closed_at"),
    TIME("CreatedDate", "created_at"), TEXT("OwnerId", "owner"),
    TEXT("CampaignId", "source_campaign"), TEXT("LeadSource", "lead_source"), UPDATED, DELETED,
    NULL};

static const struct omni_field *const account_fields[] = {
    KEY("company_id"),
    TEXT("Name", "name"),
    TEXT("Website", "domain"),
    TEXT("Phone", "phone"),
    TEXT("Industry", "industry"),
    TEXT("Type", "type"),
    OMNI_FIELD(.path = "$.NumberOfEmployees", .column = "employees", .type = OMNI_INT),
    MAYBE("CurrencyIsoCode", "currency"),
    OMNI_FIELD(.path = "$.AnnualRevenue", .column = "annual_revenue", .type = OMNI_MICROS,
               .unit = OMNI_UNIT_MAJOR, .flags = OMNI_ROUND),
    TEXT("OwnerId", "owner"),
    TEXT("BillingCountry", "country"),
    TEXT("BillingCity", "city"),
    TIME("CreatedDate", "created_at"),
    TEXT("MasterRecordId", "merged_into"),
    UPDATED,
    DELETED,
    NULL};

#define ACTIVITY(at)                                                                               \
    KEY("activity_id"), TIME(at, "at"), TEXT("WhoId", "contact_id"),                               \
        OMNI_FIELD(.path = "$.computed.opportunity", .column = "deal_id", .type = OMNI_TEXT,       \
                   .flags = OMNI_OPTIONAL, .help = "WhatId, where it is an opportunity's"),        \
        TEXT("OwnerId", "owner"), PERSONAL("Subject", "subject"), BODY("Description"), UPDATED,    \
        DELETED

static const struct omni_field *const task_fields[] = {ACTIVITY("CreatedDate"),
                                                       TEXT("Status", "outcome"), NULL};
static const struct omni_field *const event_fields[] = {ACTIVITY("StartDateTime"), NULL};

#define STREAM(name_, dataset_, fields_, ...)                                                      \
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = (name_), .dataset = (dataset_), .fields = (fields_),  \
                .day_zone = "account", __VA_ARGS__)

const struct omni_stream *const salesforce_streams[] = {
    STREAM("leads", "crm_people", lead_fields, .constants = "lifecycle_stage=lead",
           .help = "leads, with deleted and merged ones"),
    STREAM("contacts", "crm_people", contact_fields, .constants = "lifecycle_stage=contact",
           .help = "contacts, with deleted and merged ones"),
    STREAM("accounts", "crm_companies", account_fields,
           .help = "accounts, with deleted and merged ones"),
    STREAM("opportunities", "crm_deals", opportunity_fields,
           .help = "opportunities, as of the day they were read"),
    STREAM("tasks", "crm_activities", task_fields, .constants = "type=task", .help = "tasks"),
    STREAM("events", "crm_activities", event_fields, .constants = "type=event",
           .help = "meetings and other entries of calendars"),
    NULL};

const struct object salesforce_objects[] = {{"leads", "Lead", ""},
                                            {"contacts", "Contact", ""},
                                            {"accounts", "Account", ""},
                                            {"opportunities", "Opportunity", ""},
                                            {"tasks", "Task", ",WhatId"},
                                            {"events", "Event", ",WhatId"},
                                            {NULL, NULL, NULL}};

const struct object *salesforce_object(const char *stream)
{
    const struct object *object = salesforce_objects;
    while (object->stream && strcmp(object->stream, stream) != 0)
        object++;
    return object->stream ? object : NULL;
}
