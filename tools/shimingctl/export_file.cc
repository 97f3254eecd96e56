#include "tools/shimingctl/export_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"

namespace shiming::shimingctl {
namespace {

using nlohmann::json;

absl::Status Failed(const std::string& what, const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExportFile>> ExportFile::Open(Options options) {
  if (options.out.empty()) {
    if (!options.resume.empty()) {
      return absl::InvalidArgumentError("--resume needs --out FILE");
    }
    std::unique_ptr<ExportFile> file(
        new ExportFile(std::move(options), STDOUT_FILENO));
    RETURN_IF_ERROR(file->Append(file->options_.heading, 0));
    return file;
  }
  std::string state;
  if (!options.resume.empty()) {
    absl::StatusOr<std::string> read = ReadFile(options.resume);
    if (!read.ok() && !absl::IsNotFound(read.status())) return read.status();
    if (read.ok()) state = *std::move(read);
  }
  // Entries may hold what only auditors may read.
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
  const int descriptor =
      open(options.out.c_str(), state.empty() ? flags | O_TRUNC : flags, 0600);
  if (descriptor < 0) return Failed("cannot open", options.out);
  std::unique_ptr<ExportFile> file(
      new ExportFile(std::move(options), descriptor));
  if (!state.empty()) {
    RETURN_IF_ERROR(file->Restore(state));
    return file;
  }
  RETURN_IF_ERROR(file->Append(file->options_.heading, 0));
  RETURN_IF_ERROR(file->Keep(0, 0));
  return file;
}

ExportFile::~ExportFile() {
  if (file_ != STDOUT_FILENO) close(file_);
}

absl::Status ExportFile::Restore(const std::string& state) {
  const json object = json::parse(state, nullptr, /*allow_exceptions=*/false);
  const auto number = [&](const char* name) -> int64_t {
    if (!object.is_object() || !object.contains(name) ||
        !object[name].is_number_unsigned()) {
      return -1;
    }
    return object[name].get<int64_t>();
  };
  bytes_ = number("bytes");
  next_index_ = number("next_index");
  end_index_ = number("end_index");
  line_count_ = number("lines");
  if (bytes_ < 0 || next_index_ < 0 || end_index_ < 0 || line_count_ < 0 ||
      !object.contains("what") || !object["what"].is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options_.resume, ": this is no state of an export"));
  }
  if (object["what"].get<std::string>() != options_.what) {
    return absl::FailedPreconditionError(absl::StrCat(
        options_.resume, ": the export was begun with another filter"));
  }
  struct stat info;
  if (fstat(file_, &info) != 0) return Failed("cannot read", options_.out);
  if (info.st_size < bytes_) {
    return absl::FailedPreconditionError(absl::StrCat(
        options_.out, ": shorter than ", options_.resume, " says"));
  }
  if (ftruncate(file_, bytes_) != 0 || lseek(file_, bytes_, SEEK_SET) < 0) {
    return Failed("cannot cut", options_.out);
  }
  return absl::OkStatus();
}

absl::Status ExportFile::Append(std::string_view lines, int64_t line_count) {
  while (!lines.empty()) {
    const ssize_t written = write(file_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("cannot write", options_.out);
    lines.remove_prefix(static_cast<size_t>(written));
    bytes_ += written;
  }
  line_count_ += line_count;
  return absl::OkStatus();
}

absl::Status ExportFile::Keep(int64_t next_index, int64_t end_index) {
  next_index_ = next_index;
  end_index_ = end_index;
  if (options_.resume.empty()) return absl::OkStatus();
  if (fdatasync(file_) != 0) return Failed("cannot sync", options_.out);
  const json state = {{"bytes", bytes_},
                      {"next_index", next_index},
                      {"end_index", end_index},
                      {"lines", line_count_},
                      {"what", options_.what}};
  return ReplaceFile(options_.resume, state.dump() + "\n", FileAccess::kOwner);
}

}  // namespace shiming::shimingctl
