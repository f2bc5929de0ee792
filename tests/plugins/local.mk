# SPDX-License-Identifier: Apache-2.0
if HAVE_CMOCKA
include tests/plugins/sinks/local.mk
endif
