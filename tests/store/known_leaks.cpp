// SPDX-License-Identifier: Apache-2.0
// libpqxx 6.4.5 loses the PGresult of a statement when the connection broke while it ran:
// make_result() asks for the client encoding, which throws before anything owns the result. Seen
// with libpqxx alone, in exec_params() and in the BEGIN of a transaction; one result of a
// connection that is gone anyway. Our own use cannot leak there, since what libpqxx returns owns
// itself. The library is named, not the functions: it has no frame pointers to see them by.

// Called by LeakSanitizer, if the program is built with it; its name is fixed.
extern "C" const char*
__lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)
  return "leak:libpqxx\n";
}
