# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += conf/demo-omnichannel.conf
EXTRA_DIST += %D%/run.sh %D%/make_data.py %D%/demo.conf.in
