# aml_embed(<target> <header> NAMESPACE <ns> FILES f1 ... )
# Turns each text file into `extern const aml::<ns>::Embedded <stem>` (name and text) and lists all of them in all(),
# so that a wrong name is a compile error and a test can walk over every file. Editing a file re-embeds it.
function(aml_embed target header)
  cmake_parse_arguments(arg "" "NAMESPACE" "FILES" ${ARGN})
  set(declarations "")
  set(definitions "")
  set(names "")
  foreach(file IN LISTS arg_FILES)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    get_filename_component(name ${file} NAME_WE)
    string(MAKE_C_IDENTIFIER ${name} identifier)
    file(READ ${file} text)
    # One raw string may hold 64 KiB at most; every file embedded here is far smaller.
    string(APPEND declarations "extern const Embedded ${identifier};\n")
    string(APPEND definitions "const Embedded ${identifier}{\"${file}\", R\"~~~(${text})~~~\"};\n")
    list(APPEND names "&${identifier}")
  endforeach()
  list(LENGTH names count)
  list(JOIN names ", " pointers)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${header}.hpp @ONLY CONTENT [[
// Generated from text files by cmake/embed_files.cmake.
#pragma once
#include <span>
#include <string_view>
namespace aml::@arg_NAMESPACE@ {
struct Embedded {
  std::string_view file;
  std::string_view text;
};
@declarations@
std::span<const Embedded* const> all();
}  // namespace aml::@arg_NAMESPACE@
]])
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${header}.cpp @ONLY CONTENT [[
#include "@header@.hpp"
namespace aml::@arg_NAMESPACE@ {
@definitions@
static const Embedded* const kAll[@count@] = {@pointers@};
std::span<const Embedded* const> all() { return kAll; }
}  // namespace aml::@arg_NAMESPACE@
]])
  target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated/${header}.cpp)
  target_include_directories(${target} PUBLIC ${PROJECT_BINARY_DIR}/generated)
endfunction()
