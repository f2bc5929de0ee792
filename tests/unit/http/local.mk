# SPDX-License-Identifier: Apache-2.0
# Programs that talk to the scripted server share its source and fixture.h.
HTTP_STUB = tests/lib/stub.c tests/lib/stub.h %D%/fixture.h

check_PROGRAMS += %D%/test_address %D%/test_cassette %D%/test_client %D%/test_header \
	%D%/test_intake %D%/test_login %D%/test_login_jwt %D%/test_policy %D%/test_redirect \
	%D%/test_retry %D%/test_scrub %D%/test_unpack %D%/test_url \
	%D%/test_wait
TESTS += %D%/test_address %D%/test_cassette %D%/test_client %D%/test_header \
	%D%/test_intake %D%/test_login %D%/test_login_jwt %D%/test_policy %D%/test_redirect \
	%D%/test_retry %D%/test_scrub %D%/test_unpack %D%/test_url \
	%D%/test_wait

check_PROGRAMS += %D%/test_allowance
TESTS += %D%/test_allowance
%C%_test_allowance_SOURCES = %D%/test_allowance.c
%C%_test_allowance_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_allowance_CFLAGS = $(UNIT_CFLAGS)
%C%_test_allowance_LDADD = $(UNIT_LIBS)

%C%_test_address_SOURCES = %D%/test_address.c
%C%_test_address_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_address_CFLAGS = $(UNIT_CFLAGS)
%C%_test_address_LDADD = $(UNIT_LIBS)

%C%_test_header_SOURCES = %D%/test_header.c
%C%_test_header_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_header_CFLAGS = $(UNIT_CFLAGS)
%C%_test_header_LDADD = $(UNIT_LIBS)

%C%_test_policy_SOURCES = %D%/test_policy.c
%C%_test_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_policy_CFLAGS = $(UNIT_CFLAGS)
%C%_test_policy_LDADD = $(UNIT_LIBS)

%C%_test_scrub_SOURCES = %D%/test_scrub.c
%C%_test_scrub_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_scrub_CFLAGS = $(UNIT_CFLAGS)
%C%_test_scrub_LDADD = $(UNIT_LIBS)

%C%_test_unpack_SOURCES = %D%/test_unpack.c
%C%_test_unpack_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_unpack_CFLAGS = $(UNIT_CFLAGS)
%C%_test_unpack_LDADD = $(UNIT_LIBS)

%C%_test_url_SOURCES = %D%/test_url.c
%C%_test_url_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_url_CFLAGS = $(UNIT_CFLAGS)
%C%_test_url_LDADD = $(UNIT_LIBS)

%C%_test_wait_SOURCES = %D%/test_wait.c
%C%_test_wait_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_wait_CFLAGS = $(UNIT_CFLAGS)
%C%_test_wait_LDADD = $(UNIT_LIBS)

%C%_test_cassette_SOURCES = %D%/test_cassette.c $(HTTP_STUB)
%C%_test_cassette_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_cassette_CFLAGS = $(UNIT_CFLAGS)
%C%_test_cassette_LDADD = $(UNIT_LIBS)

%C%_test_client_SOURCES = %D%/test_client.c $(HTTP_STUB)
%C%_test_client_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_client_CFLAGS = $(UNIT_CFLAGS)
%C%_test_client_LDADD = $(UNIT_LIBS)

%C%_test_intake_SOURCES = %D%/test_intake.c $(HTTP_STUB)
%C%_test_intake_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_intake_CFLAGS = $(UNIT_CFLAGS)
%C%_test_intake_LDADD = $(UNIT_LIBS)

%C%_test_login_SOURCES = %D%/test_login.c $(HTTP_STUB)
%C%_test_login_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_login_CFLAGS = $(UNIT_CFLAGS)
%C%_test_login_LDADD = $(UNIT_LIBS)

%C%_test_login_jwt_SOURCES = %D%/test_login_jwt.c $(HTTP_STUB)
%C%_test_login_jwt_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_login_jwt_CFLAGS = $(UNIT_CFLAGS)
%C%_test_login_jwt_LDADD = $(UNIT_LIBS)

%C%_test_redirect_SOURCES = %D%/test_redirect.c $(HTTP_STUB)
%C%_test_redirect_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_redirect_CFLAGS = $(UNIT_CFLAGS)
%C%_test_redirect_LDADD = $(UNIT_LIBS)

%C%_test_retry_SOURCES = %D%/test_retry.c $(HTTP_STUB)
%C%_test_retry_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_retry_CFLAGS = $(UNIT_CFLAGS)
%C%_test_retry_LDADD = $(UNIT_LIBS)

# TLS: certificates of every bad kind, made at test time by Python's side.
if HAVE_PYTHON3
check_PROGRAMS += %D%/http_get
%C%_http_get_SOURCES = %D%/http_get.c
%C%_http_get_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_http_get_CFLAGS = $(UNIT_CFLAGS)
%C%_http_get_LDADD = $(UNIT_LIBS)
TESTS += %D%/test_tls.py
endif
EXTRA_DIST += %D%/test_tls.py
