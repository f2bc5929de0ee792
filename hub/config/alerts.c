/* SPDX-License-Identifier: Apache-2.0
 * Alerts of the configuration: their keys, and which of them belong together. */
#include <config.h>

#include "config/read_config.h"

#include <stdio.h>
#include <string.h>

#include "alert/letter.h"
#include "alert/target.h"
#include "base/json.h"
#include "config/secrets.h"
#include "store/events.h"

#define ALERT(member) offsetof(struct config_alert, member)

const struct key config_alert_keys[] = {
    {"name", KEY_NAME, ALERT(name), true},
    {"kind", KEY_CHOICE, ALERT(kind), true, .choices = "mail|webhook"},
    {"enabled", KEY_IS_OFF, ALERT(is_disabled)},
    {"url", KEY_TEXT, ALERT(url), true},
    {"from", KEY_TEXT, ALERT(from)},
    {"to", KEY_TEXTS, ALERT(to)},
    {"user", KEY_TEXT, ALERT(user)},
    {"password", KEY_TEXT, ALERT(password)},
    {"tls", KEY_CHOICE, ALERT(tls), .choices = "require|off"},
    {"token", KEY_TEXT, ALERT(token)},
    {"signing_key", KEY_TEXT, ALERT(signing_key)},
    {"events", KEY_CHOICES, ALERT(events), .choices = EVENT_KINDS},
    {"group", KEY_DURATION, ALERT(group_s), .min = 1, .max = 86400},
    {"remind", KEY_DURATION, ALERT(remind_s), .min = 1, .max = 366 * 86400},
    {"give_up", KEY_DURATION, ALERT(give_up_s), .min = 1, .max = 366 * 86400},
};
const size_t config_n_alert_keys = ARRAY_LEN(config_alert_keys);

/* Keys that only one kind has. */
static const struct {
    const char *kind, *key;
    bool is_required;
} owned[] = {{"mail", "from", true},           {"mail", "to", true},   {"mail", "user", false},
             {"mail", "password", false},      {"mail", "tls", false}, {"webhook", "token", false},
             {"webhook", "signing_key", false}};

void config_alert_defaults(struct config_alert *a)
{
    a->group_s = 60;
    a->give_up_s = 5 * 86400;
}

struct check {
    const struct config *config;
    const struct config_alert *alert;
    const char *what;
    struct config_findings *findings;
};

static void complain(const struct check *c, const char *key, const char *text)
{
    config_findings_add(c->findings, true,
                        config_option_place(c->config, c->alert->options, key, c->alert->place),
                        "%s: %s: %s", c->what, key, text);
}

static void check_keys(const struct check *c)
{
    const struct config_alert *a = c->alert;
    char text[128];
    for (size_t i = 0; i < ARRAY_LEN(owned); i++) {
        bool is_given = json_object_get(a->options, owned[i].key) != NULL;
        bool is_own = strcmp(a->kind, owned[i].kind) == 0;
        if (is_given && !is_own) {
            snprintf(text, sizeof text, "is for kind = \"%s\"", owned[i].kind);
            complain(c, owned[i].key, text);
        } else if (!is_given && is_own && owned[i].is_required) {
            complain(c, owned[i].key, "is missing");
        }
    }
    if (!a->user != !a->password)
        complain(c, a->user ? "user" : "password", "user and password go together");
}

/* A url that is kept elsewhere is checked by the job that reads it. */
static void check_url(const struct check *c)
{
    struct err err = {0};
    const struct config_alert *a = c->alert;
    if (!a->url || secret_is_reference(a->url))
        return;
    omni_status status = strcmp(a->kind, "mail") == 0
                             ? target_check_mail(a->url, a->tls && strcmp(a->tls, "off") == 0, &err)
                             : target_check_webhook(a->url, &err);
    if (status != OMNI_OK)
        complain(c, "url", err.text);
}

static void check_addresses(const struct check *c)
{
    static const char wrong[] = "not an address like ops@example.com";
    const struct config_alert *a = c->alert;
    if (a->from && !letter_address_is_fine(a->from))
        complain(c, "from", wrong);
    for (const char *const *to = a->to; to && *to; to++)
        if (!letter_address_is_fine(*to))
            complain(c, "to", wrong);
    if (a->to && !a->to[0])
        complain(c, "to", "is empty");
}

void config_check_alerts(const struct config *config, struct config_findings *findings)
{
    static const char *const secrets[] = {"password", "token", "signing_key"};
    for (size_t i = 0; i < config->n_alerts; i++) {
        const struct config_alert *a = &config->alerts[i];
        auto_free char *what = xasprintf("alert \"%s\"", a->name ? a->name : "");
        const struct check c = {config, a, what, findings};
        if (!a->kind)
            continue; /* has its finding */
        check_keys(&c);
        check_url(&c);
        check_addresses(&c);
        for (size_t k = 0; k < ARRAY_LEN(secrets); k++)
            config_check_secret(config, a->place, what, a->options, secrets[k], findings);
    }
}
