# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/child.c %D%/child.h \
	%D%/describe.c %D%/describe_parse.c %D%/describe.h \
	%D%/frames.c %D%/frames.h \
	%D%/gate.c %D%/gate.h \
	%D%/guest.c %D%/guest.h \
	%D%/last_words.c %D%/last_words.h \
	%D%/load.c %D%/load.h \
	%D%/lock.c %D%/lock.h \
	%D%/plugin.c %D%/plugin.h \
	%D%/remote.c %D%/remote.h \
	%D%/seal.c %D%/seal.h \
	%D%/serve.c %D%/serve.h \
	%D%/shape.c %D%/shape.h

# Of the libraries only what its objects of libhub use is linked: it has no use for curl or SQLite.
omnilibexec_PROGRAMS += omnihub-plugin
omnihub_plugin_SOURCES = %D%/main.c
omnihub_plugin_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
omnihub_plugin_LDADD = hub/libhub.a $(JANSSON_LIBS) $(SECCOMP_LIBS)
