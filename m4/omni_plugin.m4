# SPDX-License-Identifier: Apache-2.0
# OMNI_PLUGIN(NAME, KIND, AVAILABLE, HELP): --enable-plugin-NAME (auto), the condition PLUGIN_NAME, a line of the summary.
AC_DEFUN([OMNI_PLUGIN], [
  m4_pushdef([OP_VAR], [m4_translit([$1], [-a-z], [_A-Z])])dnl
  m4_ifndef([OMNI_ALL_DONE], [m4_define([OMNI_ALL_DONE])
    AC_ARG_ENABLE([all-plugins], [AS_HELP_STRING([--disable-all-plugins], [start from no plugins (auto)])], [], [enable_all_plugins=auto])])
  AC_ARG_ENABLE([plugin-$1], [AS_HELP_STRING([--enable-plugin-$1], [$4 (auto)])],
    [op_want=$enableval], [AS_CASE([$enable_all_plugins], [no], [op_want=no], [yes], [op_want=yes], [op_want=auto])])
  AS_CASE([$op_want/$3],
    [no/*], [op_state="no (disabled)"],
    [yes/yes|auto/yes], [op_state=yes],
    [yes/*], [AC_MSG_ERROR([plugin $1 was asked for but its dependencies are missing])],
    [op_state="no (missing dependency)"])
  AM_CONDITIONAL([PLUGIN_]OP_VAR, [test "x$op_state" = xyes])
  OMNI_SUMMARY_LINE([plugin $2/$1], [$op_state])
  m4_popdef([OP_VAR])dnl
])

# OMNI_SUMMARY_LINE(WHAT, STATE)
AC_DEFUN([OMNI_SUMMARY_LINE], [
  omni_line=`printf '  %-34s %s' "$1" "$2"`
  omni_summary="$omni_summary
$omni_line"])

# OMNI_SUMMARY: the table at the end of configure.
AC_DEFUN([OMNI_SUMMARY], [
  OMNI_SUMMARY_LINE([sandbox: seccomp], [$have_seccomp])
  OMNI_SUMMARY_LINE([sandbox: Landlock], [$ac_cv_header_linux_landlock_h])
  OMNI_SUMMARY_LINE([unit tests (cmocka)], [$have_cmocka])
  OMNI_SUMMARY_LINE([end-to-end tests (python3)], [${PYTHON3:-no}])
  OMNI_SUMMARY_LINE([sanitizer], [$enable_sanitizer])
  OMNI_SUMMARY_LINE([coverage], [$enable_coverage])
  OMNI_SUMMARY_LINE([fuzzing], [$enable_fuzzing])
  AC_MSG_NOTICE([what will be built:
$omni_summary])])
