dnl SPDX-License-Identifier: Apache-2.0
dnl For the configure.ac of plugins that are built with autotools.

dnl OMNIHUB_PREREQ([VERSION])
dnl An installed omnihub of at least this version, and of the plugin contract that this file is for.
dnl Sets OMNIHUB (the program), OMNIHUB_CFLAGS, OMNIHUB_LIBS and OMNIHUB_PLUGINDIR (also --with-omnihub-plugindir).
AC_DEFUN([OMNIHUB_PREREQ], [
  AC_REQUIRE([PKG_PROG_PKG_CONFIG])
  PKG_CHECK_MODULES([OMNIHUB], [omnihub-sdk >= m4_default([$1], [0.1])])
  AC_MSG_CHECKING([for version 1 of the omnihub plugin contract])
  omnihub_abi=`$PKG_CONFIG --variable=abi_major omnihub-sdk`
  AC_MSG_RESULT([$omnihub_abi])
  AS_IF([test "x$omnihub_abi" != x1], [AC_MSG_ERROR([omnihub speaks version $omnihub_abi of the plugin contract])])
  AC_ARG_WITH([omnihub-plugindir],
    [AS_HELP_STRING([--with-omnihub-plugindir=DIR], [where plugins are installed; default: where omnihub looks])],
    [OMNIHUB_PLUGINDIR=$withval], [OMNIHUB_PLUGINDIR=`$PKG_CONFIG --variable=plugindir omnihub-sdk`])
  AC_SUBST([OMNIHUB_PLUGINDIR])
  AC_PATH_PROG([OMNIHUB], [omnihub], [omnihub])
])

dnl OMNIHUB_PLUGIN([NAME])
dnl Flags for a plugin that Automake builds as the program NAME.so: OMNIHUB_PLUGIN_CFLAGS, OMNIHUB_PLUGIN_LDFLAGS.
dnl Fails where this compiler cannot make one. Afterwards OMNIHUB_PLUGIN_NAMES lists the plugins of the package.
AC_DEFUN([OMNIHUB_PLUGIN], [
  AC_REQUIRE([OMNIHUB_PREREQ])
  OMNIHUB_PLUGIN_CFLAGS='-fPIC -fvisibility=hidden'
  OMNIHUB_PLUGIN_LDFLAGS=-shared
  OMNIHUB_PLUGIN_NAMES="$OMNIHUB_PLUGIN_NAMES $1"
  AC_CACHE_CHECK([whether an omnihub plugin can be built], [omnihub_cv_plugin], [
    omnihub_save_CFLAGS=$CFLAGS omnihub_save_LDFLAGS=$LDFLAGS omnihub_save_LIBS=$LIBS
    CFLAGS="$CFLAGS $OMNIHUB_PLUGIN_CFLAGS $OMNIHUB_CFLAGS" LDFLAGS="$LDFLAGS $OMNIHUB_PLUGIN_LDFLAGS" LIBS="$OMNIHUB_LIBS $LIBS"
    AC_LINK_IFELSE([AC_LANG_SOURCE([[#include <omnihub/sdk.h>
      static const struct omni_source *const sources[] = {OMNI_SOURCE(.name = "$1"), NULL};
      OMNI_MODULE("$1", "0", .sources = sources);]])], [omnihub_cv_plugin=yes], [omnihub_cv_plugin=no])
    CFLAGS=$omnihub_save_CFLAGS LDFLAGS=$omnihub_save_LDFLAGS LIBS=$omnihub_save_LIBS])
  AS_IF([test "x$omnihub_cv_plugin" != xyes], [AC_MSG_ERROR([this compiler cannot build omnihub plugins; see config.log])])
  AC_SUBST([OMNIHUB_PLUGIN_CFLAGS])
  AC_SUBST([OMNIHUB_PLUGIN_LDFLAGS])
])
