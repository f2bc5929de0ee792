# SPDX-License-Identifier: Apache-2.0
dist_man_MANS = %D%/omnihub.1 %D%/omnihub.conf.5
EXTRA_DIST += %D%/architecture.md %D%/decisions.md
EXTRA_DIST += %D%/faults.md
