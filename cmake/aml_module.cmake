# aml_module(<folder> SOURCES a.cpp ... [HEADERS a.hpp ...] [PUBLIC_DEPS ...] [PRIVATE_DEPS ...])
# One static library per folder: target aml_<folder>, alias aml::<folder>. Includes are written from the repository root.
add_library(aml_warnings INTERFACE)
# -Wno-restrict: g++ 12 sees overlaps in std::string::operator+ that are not there (GCC bug 105329).
target_compile_options(aml_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${AML_WERROR}>:-Werror>)

function(aml_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;PUBLIC_DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(aml_${name} STATIC ${arg_SOURCES})
  add_library(aml::${name} ALIAS aml_${name})
  target_sources(aml_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  target_include_directories(aml_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_features(aml_${name} PUBLIC cxx_std_20)
  target_link_libraries(aml_${name} PUBLIC ${arg_PUBLIC_DEPS} PRIVATE aml_warnings ${arg_PRIVATE_DEPS})
endfunction()
