# SPDX-License-Identifier: Apache-2.0
hub_libhub_a_SOURCES += %D%/quota.c %D%/quota.h
