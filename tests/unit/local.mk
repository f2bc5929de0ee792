# SPDX-License-Identifier: Apache-2.0
# Unit tests mirror hub/: tests/unit/base/test_buf.c tests hub/base/buf.c.
include tests/unit/alert/local.mk
include tests/unit/base/local.mk
include tests/unit/schema/local.mk
include tests/unit/read/local.mk
include tests/unit/normalize/local.mk
include tests/unit/store/local.mk
include tests/unit/combine/local.mk
include tests/unit/push/local.mk
include tests/unit/vault/local.mk
include tests/unit/quota/local.mk
include tests/unit/http/local.mk
include tests/unit/process/local.mk
include tests/unit/plugin/local.mk
include tests/unit/schedule/local.mk
include tests/unit/run/local.mk
include tests/unit/run/job.mk
include tests/unit/config/local.mk
include tests/unit/kit/local.mk
include tests/unit/facts/local.mk
include tests/unit/web/local.mk
include tests/unit/cli/local.mk
