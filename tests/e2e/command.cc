#include "tests/e2e/command.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "common/files/file.h"
#include "common/ids/ids.h"
#include "tests/e2e/child_process.h"

namespace shiming::e2e {
namespace {

constexpr absl::Duration kLimit = absl::Minutes(1);

// The file's bytes; the file goes.
std::string Take(const std::string& path) {
  const std::string bytes = ReadFile(path).value_or("");
  remove(path.c_str());
  return bytes;
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const CommandResult& result) {
  return stream << "exit code " << result.exit_code << "\n"
                << result.out << result.err;
}

CommandResult RunCommand(const std::vector<std::string>& arguments) {
  const char* folder = getenv("TEST_TMPDIR");
  const std::string stem =
      absl::StrCat(folder == nullptr ? "/tmp" : folder, "/command-",
                   NewId(crypto::SystemRandom()));
  CommandResult result;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(arguments, stem + ".out", stem + ".err");
  if (!process.ok()) {
    result.err = process.status().ToString();
    return result;
  }
  const absl::StatusOr<int> exit_code = (*process)->Wait(kLimit);
  result.exit_code = exit_code.value_or(-1);
  result.out = Take(stem + ".out");
  result.err = Take(stem + ".err");
  if (!exit_code.ok()) result.err += exit_code.status().ToString();
  return result;
}

}  // namespace shiming::e2e
