# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += \
	%D%/csv.c %D%/csv.h %D%/csv_bind.c %D%/csv_options.c %D%/csv_split.c \
	%D%/doc.c \
	%D%/escape.c \
	%D%/input.h \
	%D%/key.c \
	%D%/ndjson.c \
	%D%/path.c %D%/path.h \
	%D%/plan.c %D%/plan.h %D%/plan_node.c %D%/plan_node.h \
	%D%/reader.c %D%/reader.h \
	%D%/recode.c %D%/recode.h \
	%D%/record.c %D%/record.h \
	%D%/scan.c %D%/scan.h \
	%D%/scratch.c \
	%D%/sum.c %D%/sum.h
