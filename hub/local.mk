# SPDX-License-Identifier: Apache-2.0
# All of the hub is one static library; the programs are a main() each.
noinst_LIBRARIES += hub/libhub.a
HUB_CFLAGS = $(CURL_CFLAGS) $(JANSSON_CFLAGS) $(CONFIG_CFLAGS) $(SQLITE_CFLAGS) $(CRYPTO_CFLAGS) $(SODIUM_CFLAGS) $(PCRE2_CFLAGS) $(ZLIB_CFLAGS) $(SECCOMP_CFLAGS) $(COVERAGE_FLAGS)
HUB_LIBS = hub/libhub.a $(CURL_LIBS) $(JANSSON_LIBS) $(CONFIG_LIBS) $(SQLITE_LIBS) $(CRYPTO_LIBS) $(SODIUM_LIBS) $(PCRE2_LIBS) $(ZLIB_LIBS) $(SECCOMP_LIBS) $(PTHREAD_LIBS)
hub_libhub_a_SOURCES =
hub_libhub_a_CPPFLAGS = $(AM_CPPFLAGS)
hub_libhub_a_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)

include hub/base/local.mk
include hub/audit/local.mk
include hub/schema/local.mk
include hub/read/local.mk
include hub/normalize/local.mk
include hub/store/local.mk
include hub/combine/local.mk
include hub/push/local.mk
include hub/vault/local.mk
include hub/quota/local.mk
include hub/http/local.mk
include hub/alert/local.mk
include hub/process/local.mk
include hub/plugin/local.mk
include hub/schedule/local.mk
include hub/run/local.mk
include hub/run/job.mk
include hub/config/local.mk
include hub/facts/local.mk
include hub/kit/local.mk
include hub/web/local.mk
include hub/cli/local.mk

# Where everything is installed, for the few files that ask; on the command line of each compiler call
# it would keep builds with other prefixes from sharing a compiler cache.
# The stamp follows the Makefile; the header is only touched when a folder changed.
BUILT_SOURCES += hub/dirs.h
CLEANFILES += hub/dirs.h hub/dirs.stamp
hub/dirs.h: hub/dirs.stamp
	@test -f $@ || { rm -f hub/dirs.stamp; $(MAKE) $(AM_MAKEFLAGS) hub/dirs.stamp; }
hub/dirs.stamp: Makefile
	$(AM_V_GEN)$(MKDIR_P) hub && { echo '/* Made by make. */'; \
	for d in 'PLUGINDIR "$(plugindir)"' 'LIBEXECDIR "$(omnilibexecdir)"' 'SCHEMADIR "$(schemadir)"' \
	  'TEMPLATEDIR "$(templatedir)"' 'SYSCONFDIR "$(sysconfdir)"' 'PREFIX "$(prefix)"' 'BINDIR "$(bindir)"' \
	  'PAGEDIR "$(pagedir)"'; do \
	  echo "#define HUB_$$d"; done; } >hub/dirs.h.tmp && \
	{ cmp -s hub/dirs.h.tmp hub/dirs.h && rm hub/dirs.h.tmp || mv hub/dirs.h.tmp hub/dirs.h; } && touch $@
