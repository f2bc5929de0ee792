# SPDX-License-Identifier: Apache-2.0
TESTS += %D%/test_check.py
EXTRA_DIST += %D%/test_check.py
