# SPDX-License-Identifier: Apache-2.0
if PLUGIN_SQUARE
plugin_LTLIBRARIES += %D%/square.la
%C%_square_la_SOURCES = %D%/square.c %D%/square.h %D%/goods.c %D%/orders.c %D%/customers.c %D%/judge.c
%C%_square_la_CPPFLAGS = $(SDK_CPPFLAGS)
%C%_square_la_CFLAGS = $(AM_CFLAGS)
%C%_square_la_LDFLAGS = $(LINK_AS_PLUGIN)
%C%_square_la_LIBADD = $(SDK_LIB)
endif
PLUGIN_PAGES += %D%/README.md
