#include "common/flags/help.h"

#include <map>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"

namespace shiming {

bool AsksForHelp(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-help" || argument == "-h") {
      return true;
    }
  }
  return false;
}

std::string HelpText(std::string_view usage, std::string_view folder) {
  std::map<std::string, std::string> lines;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (flag->Filename().find(std::string(folder)) == std::string::npos) {
      continue;
    }
    lines[std::string(name)] =
        absl::StrCat("  --", name, "  ", flag->Help(), "\n      default: \"",
                     flag->DefaultValue(), "\"\n");
  }
  std::string text = absl::StrCat(std::string(usage), "\n\nFlags:\n");
  for (const auto& [name, line] : lines) text += line;
  return text;
}

}  // namespace shiming
