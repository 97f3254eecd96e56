// The words of a command line: `shimingctl VERB [WORD ...] [--option VALUE]`.
#ifndef SHIMING_TOOLS_SHIMINGCTL_ARGUMENTS_H_
#define SHIMING_TOOLS_SHIMINGCTL_ARGUMENTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shiming::shimingctl {

// Not thread-safe.
class Arguments {
 public:
  // "--name value", "--name=value" and "-o value" are options, wherever they
  // stand; everything else is a word, the empty string too. After "--" all are
  // words. INVALID_ARGUMENT for an option without a value.
  static absl::StatusOr<Arguments> Parse(int argc, char** argv);

  const std::vector<std::string>& words() const { return words_; }
  // Word `i`, or INVALID_ARGUMENT saying that `what` is missing. Remembers that
  // it was asked for.
  absl::StatusOr<std::string> Word(size_t i, const std::string& what);
  // The option's value, else `otherwise`. Remembers that it was asked for.
  std::string Option(const std::string& name,
                     const std::string& otherwise = "");
  // The option's value, or INVALID_ARGUMENT naming it.
  absl::StatusOr<std::string> Required(const std::string& name);
  // INVALID_ARGUMENT naming an option, or a word behind the verb and the last
  // one asked for, that nobody asked for: a typing error must not go unnoticed,
  // nor a value that a blank has cut in two.
  absl::Status CheckAllUsed() const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::string> options_;
  std::map<std::string, bool> used_;
  // The verb counts as asked for.
  size_t used_words_ = 1;
};

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_ARGUMENTS_H_
