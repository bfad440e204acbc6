// SPDX-License-Identifier: Apache-2.0
// libpqxx 6.4.5 loses the PGresult of exec_params when the connection broke while it ran:
// make_result() asks for the client encoding, which throws before anything owns the result. Seen
// with libpqxx alone; one result of a connection that is gone anyway. Our own use cannot leak
// there, since what exec_params returns owns itself.

// Called by LeakSanitizer, if the program is built with it; its name is fixed.
extern "C" const char*
__lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier,readability-identifier-naming)
  return "leak:pqxx::connection_base::exec_params\n";
}
