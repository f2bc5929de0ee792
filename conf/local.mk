# SPDX-License-Identifier: Apache-2.0
include conf/demo/local.mk
