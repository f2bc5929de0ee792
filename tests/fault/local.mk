# SPDX-License-Identifier: Apache-2.0
# Every entry of docs/faults.md by its number, through the real programs.
FAULT_TESTS = %D%/f_a_csv.py %D%/f_a_text.py %D%/f_b_http.py %D%/f_b_plugin.py %D%/f_b_tls.py %D%/f_d_time.py \
	%D%/f_e_store.py %D%/f_f_plugins.py %D%/f_g_config.py
TESTS += $(FAULT_TESTS)
EXTRA_DIST += $(FAULT_TESTS) %D%/fault.py %D%/probe.c %D%/rawserver.py
