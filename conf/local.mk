# SPDX-License-Identifier: Apache-2.0

include %D%/schema/combined/local.mk
