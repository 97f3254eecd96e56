#include "tests/fault/database_copies.h"

#include <filesystem>

#include "absl/strings/str_cat.h"

namespace shiming::fault {
namespace {

constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};

}  // namespace

DatabaseCopies::DatabaseCopies(const shimingctl::Layout& layout,
                               const std::string& name)
    : databases_(layout.data + "/db"),
      folder_(absl::StrCat(layout.data, "/copies-", name)) {
  std::filesystem::copy(databases_, folder_);
}

void DatabaseCopies::Remove(const std::string& database) const {
  for (const char* suffix : kSuffixes) {
    std::filesystem::remove(databases_ + "/" + database + ".db" + suffix);
  }
}

void DatabaseCopies::PutBack(const std::string& database) const {
  Remove(database);
  for (const char* suffix : kSuffixes) {
    const std::string name = database + ".db" + suffix;
    if (std::filesystem::exists(folder_ + "/" + name)) {
      std::filesystem::copy(folder_ + "/" + name, databases_ + "/" + name);
    }
  }
}

}  // namespace shiming::fault
