/* SPDX-License-Identifier: Apache-2.0
 * hub/normalize/channel.c with the rules that are shipped, and with an admin's own. */
#include <config.h>

#include "unit.h"

#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "normalize/channel.h"

#define SHIPPED TEST_SRCDIR "/conf/schema/channels.conf"

static struct channel_rules *load(const char *own)
{
    struct err err;
    struct channel_rules *r = channel_load(SHIPPED, own, &err);
    if (!r)
        fail_msg("%s", err.text);
    return r;
}

static void visits(void **state)
{
    (void)state;
    static const struct {
        const char *source, *medium, *campaign, *channel;
    } cases[] = {
        {"(direct)", "(none)", NULL, "Direct"},
        {"(direct)", "(not set)", NULL, "Direct"},
        {"(direct)", "email", NULL, "Email"},
        {NULL, NULL, NULL, "Unassigned"},
        {"google", "cpc", "x cross-network y", "Cross-network"},
        {"Google", "CPC", "Brand", "Paid Search"},
        {"google", "organic", NULL, "Organic Search"},
        {"facebook", "cpm", NULL, "Paid Social"}, /* caught by "paid", as the source is known */
        {"some-network", "cpm", NULL, "Display"},
        {"some-network", "cpc", NULL, "Paid Other"},
        {"some-network", "xcpx", NULL, "Paid Other"},
        {"some-network", "prepaid", NULL, "Unassigned"},
        {"some-network", "paid-x", NULL, "Paid Other"},
        {"some-network", "retargeting", NULL, "Paid Other"},
        {"youtube.com", "cpc", NULL, "Paid Video"},
        {"youtube.com", "referral", NULL, "Organic Video"},
        {"x", "promo_video", NULL, "Organic Video"},
        {"amazon", "ppc", NULL, "Paid Shopping"},
        {"alibaba", "", NULL, "Organic Shopping"}, /* not paid without a medium */
        {"alibaba", NULL, NULL, "Organic Shopping"},
        {"x", "cpc", "summer shopping", "Paid Shopping"},
        {"x", "cpc", "eshop", "Paid Shopping"},
        {"x", "x", "e-shop", "Organic Shopping"},
        {"x", "x", "shop", "Organic Shopping"},
        {"x", "x", "shop-2026", "Organic Shopping"},
        {"x", "x", "workshop", "Unassigned"},
        {"x", "x", "photoshop", "Unassigned"},
        {"facebook.com", "referral", NULL, "Organic Social"},
        {"x", "social-media", NULL, "Organic Social"},
        {"x", "sm", NULL, "Organic Social"},
        {"blog.example", "referral", NULL, "Referral"},
        {"newsletter", "email", NULL, "Email"},
        {"newsletter", "e-mail", NULL, "Email"},
        {"E_mail", "x", NULL, "Email"},
        {"email", "referral", NULL, "Referral"}, /* Referral is asked first */
        {"x", "affiliate", NULL, "Affiliates"},
        {"x", "affiliates", NULL, "Unassigned"},
        {"x", "audio", NULL, "Audio"},
        {"sms", "x", NULL, "SMS"},
        {"x", "sms", NULL, "SMS"},
        {"x", "web push", NULL, "Mobile Push Notifications"},
        {"x", "pushed", NULL, "Unassigned"},
        {"x", "in-app mobile", NULL, "Mobile Push Notifications"},
        {"firebase", "x", NULL, "Mobile Push Notifications"},
        {"x", "banner", NULL, "Display"},
        {"x", "display\n", NULL, "Unassigned"},
        {"(other)", "(other)", NULL, "Unassigned"},
        {"x", "\xff", NULL, "Unassigned"}, /* not UTF-8 */
    };
    struct channel_rules *r = load(NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct channel_input in = {cases[i].source, cases[i].medium, cases[i].campaign,
                                         "shop", "google_analytics"};
        if (strcmp(channel_of(r, &in), cases[i].channel) != 0)
            fail_msg("%s / %s / %s gave %s", cases[i].source, cases[i].medium, cases[i].campaign,
                     channel_of(r, &in));
    }
    channel_free(r);
    channel_free(NULL);
}

static void connectors(void **state)
{
    (void)state;
    static const struct {
        const char *plugin, *medium, *channel;
    } cases[] = {
        {"meta_ads", NULL, "Paid Social"},
        {"meta_ads", "email", "Paid Social"},
        {"tiktok_ads", "feed", "Paid Social"},
        {"google_ads", "SEARCH", "Paid Search"},
        {"google_ads", "SEARCH_PARTNERS", "Paid Search"},
        {"google_ads", "Google Search", "Paid Search"},
        {"google_ads", "Google Partners", "Paid Search"},
        {"google_ads", "YOUTUBE_WATCH", "Paid Video"},
        {"google_ads", "YouTube Videos", "Paid Video"},
        {"google_ads", "CONTENT", "Display"},
        {"google_ads", "Google Display Network", "Display"},
        {"google_ads", "Cross-network", "Cross-network"},
        {"google_ads", "Social", "Paid Social"},
        {"google_ads", NULL, "Paid Other"},
        {"microsoft_ads", NULL, "Paid Search"},
        {"microsoft_ads", "Audience", "Display"},
        {"dv360", "Native video", "Paid Video"},
        {"dv360", "Lightbox", "Display"},
        {"dv360", "Publisher hosted", "Paid Other"},
        {"dv360", "Audio", "Audio"},
        {"apple_search_ads", NULL, "Paid Search"},
        {"google_search_console", NULL, "Organic Search"},
        {"mailchimp", NULL, "Email"},
        {"twilio", NULL, "SMS"},
        {"file", NULL, "Unassigned"},
        {NULL, NULL, "Unassigned"},
    };
    struct channel_rules *r = load(NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct channel_input in = {.medium = cases[i].medium, .plugin = cases[i].plugin};
        if (strcmp(channel_of(r, &in), cases[i].channel) != 0)
            fail_msg("%s / %s gave %s", cases[i].plugin, cases[i].medium, channel_of(r, &in));
    }
    channel_free(r);
}

static char path[] = "/tmp/omnihub-channels.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_own(const char *text)
{
    assert_int_equal(file_replace(path, text, strlen(text), 0600, NULL), OMNI_OK);
}

/* A CRM tells the source in words of its own. */
static void crm_sources(void **state)
{
    (void)state;
    static const struct {
        const char *plugin, *source, *channel;
    } cases[] = {{"hubspot", "ORGANIC_SEARCH", "Organic Search"},
                 {"hubspot", "PAID_SOCIAL", "Paid Social"},
                 {"hubspot", "EMAIL_MARKETING", "Email"},
                 {"hubspot", "OFFLINE", "CRM"},
                 {"hubspot", NULL, "CRM"},
                 {"salesforce", "Partner Referral", "Referral"},
                 {"salesforce", "Web", "CRM"},
                 {"salesforce", "google", "Organic Search"},
                 {"file", "Web", "Unassigned"}};
    struct channel_rules *r = load(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct channel_input in = {.source = cases[i].source, .plugin = cases[i].plugin};
        assert_string_equal(channel_of(r, &in), cases[i].channel);
    }
    channel_free(r);
}

static void own_rules_come_first(void **state)
{
    (void)state;
    write_own(
        "lists: { search = ( \"my-engine\" ); ai = ( \"ChatGPT.com\", \"perplexity.ai\" ); };\n"
        "patterns: { paid = \"bought\"; };\n"
        "rules = ( { channel = \"AI Assistants\"; source_in = \"ai\"; },\n"
        "  { channel = \"Brand\"; connector = \"shop-.*\"; campaign = \"\xc3\x84rger\"; } );");
    struct channel_rules *r = load(path);
    const struct channel_input cases[] = {{"chatgpt.com", "referral", NULL, NULL, NULL},
                                          {"x", "cpc", "\xc3\xa4rger", "shop-ads", NULL},
                                          {"My-Engine", "organic", NULL, NULL, NULL},
                                          {"google", "bought", NULL, NULL, NULL},
                                          {"google", "cpc", NULL, NULL, NULL}};
    static const char *const channels[] = {"AI Assistants", "Brand", "Organic Search",
                                           "Paid Search", "Organic Search"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(channel_of(r, &cases[i]), channels[i]);
    channel_free(r);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"rules = (", ":1: "},
        {"rules: { };", ":1: \"rules\""},
        {"rule = ();", ":1: \"rule\""},
        {"rules = ( 5 );", ":1: a rule is written"},
        {"rules = (\n{ medium = \"x\"; } );", ":2: this rule names no channel"},
        {"rules = ( { channel = \"x\"; medum = \"x\"; } );", ":1: unknown \"medum\""},
        {"rules = ( { channel = \"x\"; medium = 5; } );", ":1: medium is not a text"},
        {"rules = ( { channel = \"x\";\n medium = \"(\"; } );", ":2: pattern \"(\""},
        {"rules = ( { channel = \"x\"; medium = \"@nix\"; } );", "no pattern \"nix\""},
        {"rules = ( { channel = \"x\"; source_in = \"nix\"; } );", "no list \"nix\""},
        {"lists: { a = ( 5 ); };", "not a text"},
        {"patterns: { a = 5; };", "not a text"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        write_own(cases[i][0]);
        if (channel_load(SHIPPED, path, &err) || !strstr(err.text, path) ||
            !strstr(err.text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.text);
        assert_int_equal(err.status, OMNI_E_CONFIG);
    }
    struct err err;
    assert_null(channel_load("/nowhere/x.conf", NULL, &err));
    assert_non_null(strstr(err.text, "/nowhere/x.conf"));
}

/* A pattern that would run for hours ends, and does not match. */
static void exploding_patterns_end(void **state)
{
    (void)state;
    write_own("rules = ( { channel = \"Never\"; campaign = \"(a|aa|a*)*b(a+)+c\"; } );");
    struct channel_rules *r = load(path);
    auto_free char *text = xcalloc(1, 5001);
    memset(text, 'a', 5000);
    const struct channel_input in = {.campaign = text};
    assert_string_equal(channel_of(r, &in), "Unassigned");
    channel_free(r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(visits),
    cmocka_unit_test(connectors),
    cmocka_unit_test(crm_sources),
    cmocka_unit_test(own_rules_come_first),
    cmocka_unit_test(bad_files_are_refused),
    cmocka_unit_test(exploding_patterns_end),
};

int main(void)
{
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
