# SPDX-License-Identifier: Apache-2.0
# What a plugin author has: the installed package alone, in an empty folder. tests/sdk/author.py installs it once a test.
SDK_TESTS =
SDK_TESTS += %D%/test_lock.py
SDK_TESTS += %D%/test_new_plugin.py
SDK_TESTS += %D%/test_conform.py
SDK_TESTS += %D%/test_guide.py
SDK_TESTS += %D%/test_kit.py
SDK_TESTS += %D%/test_record.py
SDK_TESTS += %D%/test_server.py
SDK_TESTS += %D%/test_try.py
TESTS += $(SDK_TESTS)
EXTRA_DIST += $(SDK_TESTS) %D%/author.py
EXTRA_DIST += %D%/various.c
