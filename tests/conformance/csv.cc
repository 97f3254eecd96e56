#include "tests/conformance/csv.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace shiming::conformance {
namespace {

// All records of a text, the header among them.
std::vector<std::vector<std::string>> Records(const std::string& text) {
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> record;
  std::string field;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      record.push_back(std::move(field));
      field.clear();
    } else if (!quoted && c == '\n') {
      record.push_back(std::move(field));
      field.clear();
      records.push_back(std::move(record));
      record.clear();
    } else if (quoted || c != '\r') {
      field += c;
    }
  }
  if (!field.empty() || !record.empty()) {
    record.push_back(std::move(field));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

absl::StatusOr<std::vector<CsvRow>> ReadCsv(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  const std::string text((std::istreambuf_iterator<char>(file)),
                         std::istreambuf_iterator<char>());
  const std::vector<std::vector<std::string>> records = Records(text);
  std::vector<CsvRow> rows;
  for (size_t i = 1; i < records.size(); ++i) {
    if (records[i].size() != records[0].size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": record ", i, " has ", records[i].size(),
                       " fields, the header ", records[0].size()));
    }
    CsvRow row;
    for (size_t j = 0; j < records[i].size(); ++j) {
      row[records[0][j]] = records[i][j];
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace shiming::conformance
