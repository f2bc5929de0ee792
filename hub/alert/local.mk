# SPDX-License-Identifier: Apache-2.0
# Messages to people and to their programs: what they say, and the two ways they go.
hub_libhub_a_SOURCES += \
	%D%/letter.c %D%/letter.h \
	%D%/mail.c %D%/mail.h \
	%D%/message.c %D%/message.h \
	%D%/signature.c %D%/signature.h \
	%D%/target.c %D%/target.h \
	%D%/webhook.c %D%/webhook.h
