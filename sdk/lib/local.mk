# SPDX-License-Identifier: Apache-2.0
# Helpers for plugin authors. Installed as a plain archive; plugins of this tree link SDK_LIB, the
# same objects as libtool knows them.
omniinclude_HEADERS += sdk/include/omnihub/sdk.h
lib_LIBRARIES += %D%/libomnihub-sdk.a
noinst_LTLIBRARIES += %D%/libsdk.la
SDK_LIB = %D%/libsdk.la
SDK_SOURCES = %D%/text.c %D%/day.c %D%/json.c %D%/number.c %D%/reply.c %D%/pages.c %D%/platform.c %D%/row.c %D%/sum.c
# Alone, without the hub's headers: what a plugin author has.
SDK_CPPFLAGS = -I$(top_srcdir)/sdk/include
%C%_libomnihub_sdk_a_SOURCES = $(SDK_SOURCES)
%C%_libomnihub_sdk_a_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_libomnihub_sdk_a_CFLAGS = $(AM_CFLAGS) -fPIC
%C%_libsdk_la_SOURCES = $(SDK_SOURCES)
%C%_libsdk_la_CPPFLAGS = $(SDK_CPPFLAGS)
