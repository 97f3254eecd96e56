#include "storage/sql/postgres_options.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"

namespace shiming::sql {
namespace {

constexpr int64_t kMaxMilliseconds = 3'600'000;
constexpr int64_t kMaxThreads = 200;
constexpr int64_t kMaxQueue = 1'000'000;
// NAMEDATALEN - 1 of PostgreSQL.
constexpr size_t kMaxSchemaLength = 63;

absl::Status BadValue(std::string_view key) {
  return absl::InvalidArgumentError(
      absl::StrCat("database url: bad value of ", std::string(key)));
}

absl::Status SetNumber(std::string_view key, std::string_view value,
                       int64_t least, int64_t most, int64_t& number) {
  if (!absl::SimpleAtoi(std::string(value), &number) || number < least ||
      number > most) {
    return BadValue(key);
  }
  return absl::OkStatus();
}

absl::Status SetCount(std::string_view key, std::string_view value,
                      int64_t most, int& count) {
  int64_t number = 0;
  RETURN_IF_ERROR(SetNumber(key, value, 1, most, number));
  count = static_cast<int>(number);
  return absl::OkStatus();
}

absl::Status SetSchema(std::string_view value, std::string& schema) {
  const bool fits =
      !value.empty() && value.size() <= kMaxSchemaLength &&
      (value[0] < '0' || value[0] > '9') &&
      std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      });
  if (!fits) return BadValue("schema");
  schema = std::string(value);
  return absl::OkStatus();
}

template <class T>
absl::Status SetChoice(std::string_view key, std::string_view value,
                       const std::map<std::string_view, T>& choices,
                       T& chosen) {
  auto found = choices.find(value);
  if (found == choices.end()) return BadValue(key);
  chosen = found->second;
  return absl::OkStatus();
}

// Takes a parameter that is ours; nullopt for one of libpq's.
std::optional<absl::Status> SetOwn(std::string_view key, std::string_view value,
                                   PostgresOptions& options) {
  const std::map<std::string_view, absl::Duration*> times = {
      {"queue_ms", &options.queue_time},
      {"statement_timeout_ms", &options.statement_timeout},
      {"lock_timeout_ms", &options.lock_timeout},
      {"idle_timeout_ms", &options.idle_timeout},
      {"deadline_ms", &options.deadline},
      {"ddl_deadline_ms", &options.ddl_deadline},
      {"connect_ms", &options.connect_deadline},
      {"patience_ms", &options.patience}};
  if (auto time = times.find(key); time != times.end()) {
    int64_t number = 0;
    const int64_t least =
        absl::EndsWith(std::string(key), "timeout_ms") ? 0 : 1;
    absl::Status status =
        SetNumber(key, value, least, kMaxMilliseconds, number);
    if (status.ok()) *time->second = absl::Milliseconds(number);
    return status;
  }
  if (key == "isolation") {
    return SetChoice<PostgresIsolation>(
        key, value,
        {{"rc", PostgresIsolation::kReadCommitted},
         {"rr", PostgresIsolation::kRepeatableRead},
         {"ser", PostgresIsolation::kSerializable}},
        options.isolation);
  }
  if (key == "pipeline") {
    return SetChoice<PostgresPipeline>(key, value,
                                       {{"auto", PostgresPipeline::kAuto},
                                        {"on", PostgresPipeline::kOn},
                                        {"off", PostgresPipeline::kOff}},
                                       options.pipeline);
  }
  if (key == "prepared") {
    return SetChoice<bool>(key, value, {{"on", true}, {"off", false}},
                           options.prepared);
  }
  if (key == "schema") return SetSchema(value, options.schema);
  if (key == "writers") {
    return SetCount(key, value, kMaxThreads, options.writer_count);
  }
  if (key == "readers") {
    return SetCount(key, value, kMaxThreads, options.reader_count);
  }
  if (key == "queue") {
    return SetCount(key, value, kMaxQueue, options.queue_limit);
  }
  return std::nullopt;
}

// The URL without our parameters, which go into `options`.
absl::StatusOr<std::string> TakeOwn(std::string_view url,
                                    PostgresOptions& options) {
  const size_t question = url.find('?');
  if (question == std::string_view::npos) return std::string(url);
  std::vector<std::string> left;
  const std::string query(url.substr(question + 1));
  for (const std::string& pair :
       std::vector<std::string>(absl::StrSplit(query, '&'))) {
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string key = pair.substr(0, equals);
    const std::string value =
        equals < pair.size() ? pair.substr(equals + 1) : "";
    std::optional<absl::Status> own = SetOwn(key, value, options);
    if (!own.has_value()) {
      left.push_back(pair);
    } else if (!own->ok()) {
      return *own;
    }
  }
  std::string rest(url.substr(0, question));
  if (!left.empty()) rest += "?" + absl::StrJoin(left, "&");
  return rest;
}

using KeywordMap = std::map<std::string, std::string>;

absl::StatusOr<KeywordMap> ParseWithLibpq(const std::string& url) {
  char* error = nullptr;
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(url.c_str(), &error), &PQconninfoFree);
  // The text of the error may quote the URL.
  if (error != nullptr) PQfreemem(error);
  if (parsed == nullptr) {
    return absl::InvalidArgumentError(
        "database url is not as libpq has it (postgres://user@host/name?...)");
  }
  KeywordMap keywords;
  for (const PQconninfoOption* option = parsed.get();
       option->keyword != nullptr; ++option) {
    if (option->val != nullptr) keywords[option->keyword] = option->val;
  }
  return keywords;
}

void SetDefault(KeywordMap& keywords, const std::string& key,
                const std::string& value) {
  keywords.try_emplace(key, value);
}

void SetDefaults(KeywordMap& keywords) {
  SetDefault(keywords, "sslmode", "verify-full");
  SetDefault(keywords, "target_session_attrs", "read-write");
  SetDefault(keywords, "gssencmode", "disable");
  SetDefault(keywords, "application_name", "shiming");
  keywords["client_encoding"] = "UTF8";
}

// One set of keywords per host: libpq has no deadline per host of its own when
// it may not block, so the driver goes through them.
absl::StatusOr<std::vector<PostgresOptions::Keywords>> SplitHosts(
    const KeywordMap& keywords) {
  std::map<std::string, std::vector<std::string>> lists;
  size_t count = 1;
  for (const char* key : {"host", "hostaddr", "port"}) {
    auto found = keywords.find(key);
    if (found == keywords.end()) continue;
    lists[key] = absl::StrSplit(found->second, ',');
    count = std::max(count, lists[key].size());
  }
  for (const auto& [key, list] : lists) {
    const bool one_for_all = key == "port" && list.size() == 1;
    if (list.size() != count && !one_for_all) return BadValue(key);
  }
  std::vector<PostgresOptions::Keywords> hosts(count);
  for (size_t i = 0; i < count; ++i) {
    for (const auto& [key, value] : keywords) {
      auto list = lists.find(key);
      if (list == lists.end()) {
        hosts[i].push_back({key, value});
      } else {
        hosts[i].push_back(
            {key, list->second[std::min(i, list->second.size() - 1)]});
      }
    }
  }
  return hosts;
}

}  // namespace

bool IsPostgresUrl(std::string_view url) {
  return url.substr(0, 11) == "postgres://" ||
         url.substr(0, 13) == "postgresql://";
}

absl::StatusOr<PostgresOptions> ParsePostgresUrl(std::string_view url) {
  if (!IsPostgresUrl(url)) {
    return absl::InvalidArgumentError("database url is not postgres://...");
  }
  PostgresOptions options;
  ASSIGN_OR_RETURN(const std::string rest, TakeOwn(url, options));
  ASSIGN_OR_RETURN(KeywordMap keywords, ParseWithLibpq(rest));
  SetDefaults(keywords);
  ASSIGN_OR_RETURN(options.hosts, SplitHosts(keywords));
  if (options.statement_timeout != absl::ZeroDuration() &&
      options.deadline <= options.statement_timeout) {
    return BadValue("deadline_ms (not above statement_timeout_ms)");
  }
  return options;
}

}  // namespace shiming::sql
