# SPDX-License-Identifier: Apache-2.0
omniincludedir = $(includedir)/omnihub
omniinclude_HEADERS = sdk/include/omnihub/omnihub.h
pkgconfig_DATA = sdk/omnihub-sdk.pc
include sdk/lib/local.mk
