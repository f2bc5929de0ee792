# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += %D%/test_letter
TESTS += %D%/test_letter
%C%_test_letter_SOURCES = %D%/test_letter.c
%C%_test_letter_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_letter_CFLAGS = $(UNIT_CFLAGS)
%C%_test_letter_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_message
TESTS += %D%/test_message
%C%_test_message_SOURCES = %D%/test_message.c
%C%_test_message_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_message_CFLAGS = $(UNIT_CFLAGS)
%C%_test_message_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_target
TESTS += %D%/test_target
%C%_test_target_SOURCES = %D%/test_target.c
%C%_test_target_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_target_CFLAGS = $(UNIT_CFLAGS)
%C%_test_target_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/test_signature
TESTS += %D%/test_signature
%C%_test_signature_SOURCES = %D%/test_signature.c
%C%_test_signature_CPPFLAGS = $(UNIT_CPPFLAGS)
%C%_test_signature_CFLAGS = $(UNIT_CFLAGS)
%C%_test_signature_LDADD = $(UNIT_LIBS)
