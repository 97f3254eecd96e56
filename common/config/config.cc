#include "common/config/config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace shiming {
namespace {

constexpr size_t kMostFileBytes = 4 << 20;

// Collects "path:line:column: text"; the parser counts from 0, people from 1.
class Errors final : public google::protobuf::io::ErrorCollector {
 public:
  explicit Errors(const std::string& path) : path_(path) {}

  void AddError(int line, int column, const std::string& text) override {
    // -1 stands for the whole file.
    texts_.push_back(line < 0 ? absl::StrCat(path_, ": ", text)
                              : absl::StrCat(path_, ":", line + 1, ":",
                                             column + 1, ": ", text));
  }

  std::string Text() const { return absl::StrJoin(texts_, "; "); }

 private:
  const std::string path_;
  std::vector<std::string> texts_;
};

}  // namespace

absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::NotFoundError(absl::StrCat(path, ": is a directory"));
  }
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  // One byte more than allowed tells a file that is too large.
  std::string content(kMostFileBytes + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file));
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  if (content.size() > kMostFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": larger than 4 MiB"));
  }
  content.shrink_to_fit();
  return content;
}

absl::Status LoadConfigInto(const std::string& path,
                            google::protobuf::Message& config) {
  ASSIGN_OR_RETURN(const std::string text, ReadConfigFile(path));
  Errors errors(path);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  if (!parser.ParseFromString(text, &config)) {
    return absl::InvalidArgumentError(errors.Text());
  }
  return absl::OkStatus();
}

absl::Status ConfigError(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("config: ", std::string(field), ": ", std::string(what)));
}

std::string ResolvePath(const std::string& config_path,
                        const std::string& path) {
  if (path.empty()) return path;
  const std::filesystem::path folder =
      std::filesystem::path(config_path).parent_path();
  // An absolute right-hand side replaces the left.
  return (folder / path).lexically_normal().string();
}

}  // namespace shiming
