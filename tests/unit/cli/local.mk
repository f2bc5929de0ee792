# SPDX-License-Identifier: Apache-2.0
# The whole program, beside a stand-in for omnihub-job that speaks its events.
check_PROGRAMS += %D%/omnihub %D%/omnihub-job
%C%_omnihub_SOURCES = hub/cli/main.c
%C%_omnihub_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_omnihub_LDADD = hub/cli/libcli.a $(HUB_LIBS)
%C%_omnihub_job_SOURCES = %D%/fake_job.c
%C%_omnihub_job_CFLAGS = $(AM_CFLAGS) $(HUB_CFLAGS)
%C%_omnihub_job_LDADD = $(HUB_LIBS)

check_PROGRAMS += %D%/test_output
TESTS += %D%/test_output
%C%_test_output_SOURCES = %D%/test_output.c
%C%_test_output_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_output_CFLAGS = $(UNIT_CFLAGS)
%C%_test_output_LDADD = hub/cli/libcli.a $(UNIT_LIBS)

check_PROGRAMS += %D%/test_unwritten
TESTS += %D%/test_unwritten
%C%_test_unwritten_SOURCES = %D%/test_unwritten.c
%C%_test_unwritten_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_unwritten_CFLAGS = $(UNIT_CFLAGS)
%C%_test_unwritten_LDADD = hub/cli/libcli.a $(UNIT_LIBS)

check_PROGRAMS += %D%/test_alerts
TESTS += %D%/test_alerts
%C%_test_alerts_SOURCES = %D%/test_alerts.c
%C%_test_alerts_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_alerts_CFLAGS = $(UNIT_CFLAGS)
%C%_test_alerts_LDADD = hub/cli/libcli.a $(UNIT_LIBS)

check_PROGRAMS += %D%/test_freshness
TESTS += %D%/test_freshness
%C%_test_freshness_SOURCES = %D%/test_freshness.c
%C%_test_freshness_CPPFLAGS = $(STORE_CPPFLAGS)
%C%_test_freshness_CFLAGS = $(UNIT_CFLAGS)
%C%_test_freshness_LDADD = hub/cli/libcli.a $(UNIT_LIBS)

CLI_PY_TESTS =
CLI_PY_TESTS += %D%/test_check.py
CLI_PY_TESTS += %D%/test_explain.py
CLI_PY_TESTS += %D%/test_looking.py
CLI_PY_TESTS += %D%/test_service.py
CLI_PY_TESTS += %D%/test_work.py
if HAVE_PYTHON3
TESTS += $(CLI_PY_TESTS)
endif
EXTRA_DIST += %D%/hubdir.py $(CLI_PY_TESTS)
