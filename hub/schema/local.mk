# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += %D%/load.c %D%/schema.c %D%/schema.h %D%/internal.h
