# SPDX-License-Identifier: Apache-2.0
dist_man_MANS = %D%/omnihub.1 %D%/omnihub.conf.5 %D%/omnihub-plugin.7
EXTRA_DIST += %D%/architecture.md %D%/decisions.md
EXTRA_DIST += %D%/faults.md
EXTRA_DIST += %D%/plugin-guide.md
