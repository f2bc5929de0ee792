# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/allowance.c %D%/allowance.h \
	%D%/asked.c %D%/asked.h \
	%D%/attempt.c %D%/attempt.h \
	%D%/cassette.c %D%/cassette.h %D%/cassette_priv.h \
	%D%/client.c %D%/client.h %D%/http.h \
	%D%/ending.c %D%/ending.h \
	%D%/header.c %D%/header.h \
	%D%/intake.c %D%/intake.h \
	%D%/login.c %D%/login.h \
	%D%/login_jwt.c \
	%D%/login_oauth2.c \
	%D%/login_static.c \
	%D%/login_wsse.c \
	%D%/policy.c %D%/policy.h \
	%D%/redirect.c %D%/redirect.h \
	%D%/replay.c \
	%D%/retry.c \
	%D%/scrub.c %D%/scrub.h \
	%D%/secret.h \
	%D%/token.c %D%/token.h \
	%D%/unpack.c %D%/unpack.h \
	%D%/url.c %D%/url.h \
	%D%/verdict.c %D%/verdict.h \
	%D%/wait.c %D%/wait.h
