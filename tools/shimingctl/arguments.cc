#include "tools/shimingctl/arguments.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace shiming::shimingctl {

absl::StatusOr<Arguments> Arguments::Parse(int argc, char** argv) {
  Arguments arguments;
  bool only_words = false;
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    if (!only_words && text == "--") {
      only_words = true;
      continue;
    }
    const bool is_option =
        !only_words && (text == "-o" || text.rfind("--", 0) == 0);
    if (!is_option) {
      arguments.words_.push_back(text);
      continue;
    }
    const size_t equals = text.find('=');
    if (text != "-o" && equals != std::string::npos) {
      arguments.options_[text.substr(2, equals - 2)] = text.substr(equals + 1);
      continue;
    }
    if (i + 1 == argc) {
      return absl::InvalidArgumentError(absl::StrCat(text, " needs a value"));
    }
    arguments.options_[text == "-o" ? "output" : text.substr(2)] = argv[++i];
  }
  return arguments;
}

absl::StatusOr<std::string> Arguments::Word(size_t i, const std::string& what) {
  used_words_ = std::max(used_words_, i + 1);
  if (i < words_.size()) return words_[i];
  return absl::InvalidArgumentError(absl::StrCat("missing: ", what));
}

std::string Arguments::Option(const std::string& name,
                              const std::string& otherwise) {
  used_[name] = true;
  auto found = options_.find(name);
  return found == options_.end() ? otherwise : found->second;
}

absl::StatusOr<std::string> Arguments::Required(const std::string& name) {
  const std::string value = Option(name);
  if (!value.empty()) return value;
  return absl::InvalidArgumentError(absl::StrCat("--", name, " is missing"));
}

absl::Status Arguments::CheckAllUsed() const {
  for (const auto& [name, value] : options_) {
    if (used_.count(name) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, " means nothing here"));
    }
  }
  if (words_.size() > used_words_) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", words_[used_words_],
                     "\" is one word too many; quote a value with blanks"));
  }
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
