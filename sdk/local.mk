# SPDX-License-Identifier: Apache-2.0
omniincludedir = $(includedir)/omnihub
omniinclude_HEADERS = sdk/include/omnihub/omnihub.h
pkgconfig_DATA = sdk/omnihub-sdk.pc
aclocaldir = $(datadir)/aclocal
dist_aclocal_DATA = sdk/omnihub.m4
include sdk/lib/local.mk
include sdk/templates/local.mk
