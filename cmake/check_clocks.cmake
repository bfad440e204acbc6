# Fails when something reads a clock where docs/guarantees.md, "What may depend on the clock", does not allow it. Run by CTest as "clocks".
cmake_minimum_required(VERSION 3.25)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# The clock that can be set: for the reader of an event, and to compare it with the server's.
set(may_read_wall_clock reports/lineage.cpp store/server_facts.cpp)
# When something happened, until when something is granted or owed, and whether input is fresh and plausible. Migrations only add such columns
# and functions; what they hold that decides is on the page.
set(may_ask_server
  store/expectation_sql.cpp scenarios/expectations.json store/sql/command/create_schema_migrations.sql
  store/sql/query/accept_source_gap.sql store/sql/query/close_replayed_rows.sql store/sql/query/complete_run.sql
  store/sql/query/drop_quarantined.sql store/sql/query/finish_run.sql store/sql/query/list_shares.sql store/sql/query/move_topic_positions.sql
  store/sql/query/record_evaluation.sql store/sql/query/record_training_run.sql store/sql/query/server_facts.sql
  store/sql/query/source_newest_text.sql store/sql/query/start_run.sql)

set(violations "")
# search(<kind> <regex> <list of files that may> <patterns>...)
function(search kind regex allowed)
  foreach(pattern IN LISTS ARGN)
    file(GLOB_RECURSE sources RELATIVE ${root} ${root}/${pattern})
    foreach(source IN LISTS sources)
      file(STRINGS ${root}/${source} lines REGEX "${regex}")
      if(lines AND NOT source IN_LIST ${allowed})
        list(GET lines 0 line)
        list(APPEND violations "${source} reads ${kind}: ${line}")
      endif()
    endforeach()
  endforeach()
  set(violations "${violations}" PARENT_SCOPE)
endfunction()

set(nobody "")
foreach(folder graph detect store scenarios reports cli)
  search("the wall clock" "system_clock::now|[^_a-z](std::|::)time\\(|gettimeofday|CLOCK_REALTIME|utc_clock|localtime" may_read_wall_clock
    "${folder}/*.cpp" "${folder}/*.hpp")
  search("the server's clock" "[^_a-z.](now|clock_timestamp|statement_timestamp|transaction_timestamp)\\(\\)|current_(date|timestamp)" may_ask_server
    "${folder}/*.json")
endforeach()
search("the server's clock" "[^_a-z.](now|clock_timestamp|statement_timestamp|transaction_timestamp)\\(\\)|current_(date|timestamp)" may_ask_server
  "store/expectation_sql.cpp" "store/sql/command/*.sql" "store/sql/copy/*.sql" "store/sql/query/*.sql" "reports/sql/*.sql")
search("a clock" "_clock::now" nobody "graph/*.cpp" "graph/*.hpp" "detect/*.cpp" "detect/*.hpp")
if(violations)
  list(JOIN violations "\n  " text)
  message(FATAL_ERROR "Read where nothing may depend on it:\n  ${text}")
endif()
message(STATUS "Clocks are read only where they may.")
