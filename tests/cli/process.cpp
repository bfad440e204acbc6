// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>

namespace aml::test {
namespace {

std::vector<std::string> clean_environment(const std::vector<std::string>& extra) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const auto name = variable.substr(0, variable.find('=') + 1);
    const bool is_given =
        std::ranges::any_of(extra, [&](const auto& given) { return given.starts_with(name); });
    if (!is_given && !variable.starts_with("PG") && name != "AML_DATABASE_URL=")
      variables.emplace_back(variable);
  }
  variables.insert(variables.end(), extra.begin(), extra.end());
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

pid_t spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& extra,
            const std::string& out, const std::string& err) {
  std::vector<std::string> words{AML_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto variables = clean_environment(extra);
  const auto argv = pointers(words);
  const auto envp = pointers(variables);
  const pid_t child = ::fork();
  if (child == -1) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    const int err_file = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(err_file, STDERR_FILENO);
    if (out.empty()) {
      ::close(STDOUT_FILENO);
    } else {
      ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    }
    ::execve(AML_BINARY, argv.data(), envp.data());
    ::_exit(127);
  }
  return child;
}

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

Ended run_aml(const std::vector<std::string>& arguments,
              const std::vector<std::string>& environment) {
  const TemporaryFolder folder;
  const auto out = folder.path("out");
  const auto err = folder.path("err");
  const int code = wait_for(spawn(arguments, environment, out, err));
  return {code, content(out), content(err)};
}

Ended run_aml_into(const std::string& out, const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const auto err = folder.path("err");
  const int code = wait_for(spawn(arguments, {}, out, err));
  return {code, {}, content(err)};
}

pid_t start_aml(const std::vector<std::string>& arguments, const std::string& err,
                const std::vector<std::string>& environment) {
  return spawn(arguments, environment, "/dev/null", err);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool becomes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "aml-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  const auto file = path(name);
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), file);
  return file;
}

}  // namespace aml::test
