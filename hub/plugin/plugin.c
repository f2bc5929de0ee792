/* SPDX-License-Identifier: Apache-2.0
 * A source plugin, in its own process or in this one. */
#include <config.h>

#include "plugin/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "plugin/child.h"
#include "plugin/describe.h"
#include "plugin/gate.h"
#include "plugin/guest.h"
#include "plugin/load.h"
#include "plugin/seal.h"
#include "plugin/serve.h"

enum { IDLE_MS = 60 * 1000, GRACE_MS = 2000, CPU_S = 600, MAX_WAIT_MS = 24 * 3600 * 1000 };
#define MEMORY (UINT64_C(512) << 20)

struct plugin {
    struct plugin_options options;
    struct arena *arena;
    struct gate gate;
    json_t *json;
    const struct omni_module *module;
    enum plugin_end end;
    const char *lacks; /* what its sandbox is without */
    uint32_t depth;    /* 2: a reply is being judged inside a call */
    /* isolation process */
    struct child child;
    /* isolation none */
    struct load *load;
    struct guest *guest;
};

static int32_t today(void)
{
    return (int32_t)(day_now() / TIME_DAY);
}

/* ---- calls ---- */

static omni_status gone(struct plugin *p, struct err *err)
{
    p->end = p->child.end;
    static const char *const words[] = {
        [PLUGIN_FINE] = "ended",
        [PLUGIN_CRASHED] = "crashed",
        [PLUGIN_HUNG] = "hung",
        [PLUGIN_OOM] = "is out of memory",
        [PLUGIN_DENIED] = "was stopped by the sandbox",
        [PLUGIN_PROTOCOL] = "broke the rules",
    };
    return err_set(err, OMNI_E_BUG, "the plugin %s: %s", words[p->end], p->child.why);
}

/* RETURN: status, wait_ms. */
static bool get_return(struct wire_in *in, omni_status *status, uint32_t *wait_ms)
{
    *status = (omni_status)wire_get_u32(in);
    uint32_t wait = wire_get_u32(in);
    if (wait_ms)
        *wait_ms = wait > MAX_WAIT_MS ? MAX_WAIT_MS : wait;
    return wire_done(in) && guest_is_status(*status);
}

/* Sends a call, serves what the plugin asks for meanwhile, until it returns. False: it is gone. */
static bool converse(struct plugin *p, struct wire_out *call, omni_status *status,
                     uint32_t *wait_ms)
{
    struct child *c = &p->child;
    auto_buf frame = BUF_INIT(FRAMES_FROM_PLUGIN);
    auto_wire answer = WIRE_OUT(FRAMES_TO_PLUGIN);
    if (!child_send(c, call))
        return false;
    for (;;) {
        uint16_t type;
        struct wire_in in;
        if (!child_receive(c, &frame, &type, &in))
            return false;
        if (type == RETURN && get_return(&in, status, wait_ms))
            return true;
        const struct serving s = {&p->gate, c, &in, &answer, p->depth > 1};
        const char *wrong = serve_frame(&s, type);
        if (wrong)
            child_break(c, wrong);
        if (c->end != PLUGIN_FINE || (answer.buf.len > 0 && !child_send(c, &answer)))
            return false;
    }
}

static void begin(struct plugin *p, const char *doing)
{
    p->depth++;
    p->child.doing = doing;
    if (p->depth == 1)
        gate_begin(&p->gate);
}

/* What a call comes to: the plugin's own reason, unless a row or the process itself failed. */
static omni_status finish(struct plugin *p, bool is_there, omni_status status, struct err *err)
{
    p->depth--;
    if (!is_there)
        return gone(p, err);
    if (p->child.is_idle) {
        /* It came back to life after it was given up: too late, but in good order. */
        child_break(&p->child, "gave no sign of life");
        p->child.end = PLUGIN_HUNG;
        return gone(p, err);
    }
    if (status == OMNI_OK && p->depth == 0)
        status = p->gate.row_status;
    /* What it said later is about something else. */
    if (status == OMNI_E_BUG && p->depth == 0 && plugin_is_broken(p) && !p->gate.fail.text[0])
        p->gate.fail = p->gate.broken;
    if (status != OMNI_OK && (p->gate.fail.text[0] || !err || err->status != status))
        err_set(err, status, "%s", p->gate.fail.text);
    return status;
}

static omni_status call_remote(struct plugin *p, const char *doing, struct wire_out *call,
                               uint32_t *wait_ms, struct err *err)
{
    omni_status status = OMNI_OK;
    begin(p, doing);
    bool is_there = p->child.end == PLUGIN_FINE && converse(p, call, &status, wait_ms);
    return finish(p, is_there, status, err);
}

omni_status plugin_open(struct plugin *p, const char *source, const json_t *config, struct err *err)
{
    if (err)
        *err = (struct err){.text = ""};
    if (p->guest) {
        begin(p, "open");
        const struct guest_opening opening = {source, config, today(), p->options.no_waits};
        return finish(p, true, guest_open(p->guest, &opening, err), err);
    }
    auto_free char *text = config ? json_print(config) : xstrdup("{}");
    auto_wire call = WIRE_OUT(FRAMES_TO_PLUGIN);
    wire_begin(&call, CALL_OPEN);
    wire_put_text(&call, source);
    wire_put_text(&call, text);
    wire_put_u32(&call, (uint32_t)today());
    wire_put_u32(&call, p->options.no_waits);
    return call_remote(p, "open", &call, NULL, err);
}

static const struct {
    const char *name;
    uint16_t frame;
} calls[] = {
    [GUEST_CHECK] = {"check", CALL_CHECK},          [GUEST_ACCOUNTS] = {"accounts", CALL_ACCOUNTS},
    [GUEST_DISCOVER] = {"discover", CALL_DISCOVER}, [GUEST_PULL] = {"pull", CALL_PULL},
    [GUEST_TOTAL] = {"total", CALL_TOTAL},
};

static omni_status call(struct plugin *p, enum guest_call which, const struct omni_request *request,
                        struct err *err)
{
    if (err)
        *err = (struct err){.text = ""};
    p->gate.is_discovering = which == GUEST_DISCOVER;
    if (p->guest) {
        begin(p, calls[which].name);
        return finish(p, true, guest_call(p->guest, which, request, err), err);
    }
    auto_wire out = WIRE_OUT(FRAMES_TO_PLUGIN);
    wire_begin(&out, calls[which].frame);
    if (request) {
        wire_put_text(&out, request->stream->name);
        wire_put_u32(&out, (uint32_t)request->from_day);
        wire_put_u32(&out, (uint32_t)request->to_day);
        wire_put_text(&out, request->cursor);
        wire_put_text(&out, request->account);
    }
    return call_remote(p, calls[which].name, &out, NULL, err);
}

omni_status plugin_check(struct plugin *p, struct err *err)
{
    return call(p, GUEST_CHECK, NULL, err);
}

omni_status plugin_accounts(struct plugin *p, struct err *err)
{
    return call(p, GUEST_ACCOUNTS, NULL, err);
}

omni_status plugin_discover(struct plugin *p, struct err *err)
{
    return call(p, GUEST_DISCOVER, NULL, err);
}

omni_status plugin_pull(struct plugin *p, const struct omni_request *request, struct err *err)
{
    return call(p, GUEST_PULL, request, err);
}

omni_status plugin_total(struct plugin *p, const struct omni_request *request, struct err *err)
{
    return call(p, GUEST_TOTAL, request, err);
}

omni_status plugin_judge(struct plugin *p, const struct omni_http *http, uint32_t *wait_ms,
                         struct err *err)
{
    *wait_ms = 0;
    if (err)
        *err = (struct err){.text = ""};
    if (p->depth != 1)
        return OMNI_E_UNSUPPORTED;
    /* Whatever was said before is not about this reply. */
    p->gate.fail = (struct err){.text = ""};
    if (p->guest) {
        begin(p, "judge");
        return finish(p, true, guest_judge(p->guest, http, wait_ms), err);
    }
    const char *outer = p->child.doing;
    auto_wire out = WIRE_OUT(FRAMES_TO_PLUGIN);
    wire_begin(&out, CALL_JUDGE);
    frames_put_http(&out, http);
    omni_status status = call_remote(p, "judge", &out, wait_ms, err);
    p->child.doing = outer;
    return status;
}

/* ---- start and stop ---- */

/* STARTED or REFUSED. */
static omni_status take_started(struct plugin *p, uint16_t type, struct wire_in *in,
                                struct err *err)
{
    if (type == REFUSED) {
        omni_status status = (omni_status)wire_get_u32(in);
        const char *text = wire_get_text(in);
        if (wire_done(in) && text && guest_is_status(status))
            return err_set(err, status, "%s", text);
    }
    size_t n;
    const char *text = wire_get_bytes(in, &n), *lacks = wire_get_text(in),
               *weaker = wire_get_text(in);
    if (type != STARTED || !wire_done(in) || !text || !lacks || !weaker) {
        child_break(&p->child, "sent something else than its description");
        return gone(p, err);
    }
    if (lacks[0])
        p->gate.out->log(p->gate.out->ctx, OMNI_LOG_WARN, lacks);
    p->lacks = arena_strdup(p->arena, lacks);
    if (weaker[0])
        p->gate.out->log(p->gate.out->ctx, OMNI_LOG_DEBUG, weaker);
    p->json = json_parse(text, n, err);
    return p->json ? OMNI_OK : OMNI_E_BUG;
}

static omni_status start_process(struct plugin *p, int sealed, struct err *err)
{
    const struct plugin_options *o = &p->options;
    p->child = (struct child){.sealed = sealed,
                              .services = &p->gate.in,
                              .doing = CHILD_STARTS,
                              .idle_ms = o->idle_ms,
                              .grace_ms = o->grace_ms,
                              .cpu_s = o->cpu_s};
    omni_status status = child_start(&p->child, o, err);
    if (status != OMNI_OK)
        return status;
    auto_wire call = WIRE_OUT(FRAMES_TO_PLUGIN);
    auto_buf frame = BUF_INIT(FRAMES_FROM_PLUGIN);
    uint16_t type;
    struct wire_in in;
    wire_begin(&call, CALL_START);
    wire_put_text(&call, o->path);
    wire_put_u32(&call, o->sandbox);
    wire_put_i64(&call, (int64_t)o->memory);
    wire_put_u32(&call, o->cpu_s);
    wire_put_u32(&call, o->landlock_abi);
    wire_put_u32(&call, sealed >= 0);
    if (!child_send(&p->child, &call) || !child_receive(&p->child, &frame, &type, &in))
        return gone(p, err);
    return take_started(p, type, &in, err);
}

/* Takes sealed over. */
static omni_status start_here(struct plugin *p, int sealed, struct err *err)
{
    p->load = sealed < 0 ? load_open(p->options.path, err)
                         : load_open_sealed(sealed, p->options.path, err);
    if (!p->load)
        return err ? err->status : OMNI_E_CONFIG;
    p->json = describe_module(load_module(p->load));
    p->guest = guest_new(load_module(p->load), &p->gate.in);
    return OMNI_OK;
}

static omni_status start(struct plugin *p, struct err *err)
{
    const struct plugin_options *o = &p->options;
    auto_close int sealed = o->sha256 ? seal_copy(o->path, o->sha256, NULL, err) : -1;
    if (o->sha256 && sealed < 0)
        return OMNI_E_CONFIG;
    if (o->isolation != ISOLATION_NONE)
        return start_process(p, sealed, err);
    int taken = sealed;
    sealed = -1;
    return start_here(p, taken, err);
}

static void set_options(struct plugin *p, const struct plugin_options *o)
{
    p->options = *o;
    p->options.path = arena_strdup(p->arena, o->path);
    p->options.program = arena_strdup(p->arena, o->program);
    p->options.sha256 = arena_strdup(p->arena, o->sha256);
    if (!o->idle_ms)
        p->options.idle_ms = IDLE_MS;
    if (!o->grace_ms)
        p->options.grace_ms = GRACE_MS;
    if (!o->memory)
        p->options.memory = MEMORY;
    if (!o->cpu_s)
        p->options.cpu_s = CPU_S;
}

struct plugin *plugin_start(const struct plugin_options *o, enum plugin_end *end, struct err *err)
{
    struct err own;
    struct err *e = err ? err : &own;
    struct plugin *p = xcalloc(1, sizeof *p);
    p->arena = arena_new();
    p->child.fd = p->child.print_fd = -1;
    set_options(p, o);
    gate_init(&p->gate, o->services, p->arena);
    omni_status status = start(p, e);
    if (status == OMNI_OK)
        p->module = describe_parse_module(p->json, p->arena, e);
    if (end)
        *end = p->end;
    if (p->module)
        return p;
    plugin_stop(p);
    return NULL;
}

void plugin_stop(struct plugin *p)
{
    if (!p)
        return;
    /* Nothing depends on close() any more: it gets no more time than the other ways of ending. */
    p->child.idle_ms = p->options.grace_ms;
    if (p->child.pid != 0 && p->module) {
        auto_wire call = WIRE_OUT(FRAMES_TO_PLUGIN);
        wire_begin(&call, CALL_CLOSE);
        call_remote(p, "close", &call, NULL, NULL);
    }
    child_stop(&p->child);
    guest_free(p->guest);
    load_close(p->load);
    json_decref(p->json);
    arena_free(p->arena);
    free(p);
}

int plugin_signal(const struct plugin *p)
{
    return p->end == PLUGIN_FINE ? 0 : p->child.signal;
}

const char *plugin_lacks(const struct plugin *p)
{
    return p->lacks && *p->lacks ? p->lacks : NULL;
}

const struct omni_module *plugin_module(const struct plugin *p)
{
    return p->module;
}

const json_t *plugin_json(const struct plugin *p)
{
    return p->json;
}

enum plugin_end plugin_end(const struct plugin *p)
{
    return p->end;
}

bool plugin_is_broken(const struct plugin *p)
{
    return p->gate.broken.status != OMNI_OK;
}

const char *plugin_end_name(enum plugin_end end)
{
    static const char *const names[] = {"fine", "crashed", "hung", "oom", "denied", "protocol"};
    return names[end];
}
