# SPDX-License-Identifier: Apache-2.0
# Every entry of docs/faults.md by its number, through the real programs.
FAULT_TESTS = %D%/f_a_csv.py %D%/f_a_text.py
TESTS += $(FAULT_TESTS)
EXTRA_DIST += $(FAULT_TESTS) %D%/fault.py %D%/rawserver.py
