# SPDX-License-Identifier: Apache-2.0
# The test kit for plugin authors: what `omnihub test-plugin` plays, and which faults it makes.
hub_libhub_a_SOURCES += \
	%D%/checks.c %D%/checks.h \
	%D%/compare.c %D%/compare.h \
	%D%/records.c %D%/records.h \
	%D%/script.c %D%/script.h \
	%D%/server.c %D%/server.h \
	%D%/sink_checks.c %D%/sink_checks.h \
	%D%/spoil.c %D%/spoil.h \
	%D%/spoil_records.c \
	%D%/tape.c %D%/tape.h \
	%D%/test_file.c %D%/test_file.h
