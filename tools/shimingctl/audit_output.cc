#include "tools/shimingctl/audit_output.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "ledger/audit/violation.h"

namespace shiming::shimingctl {
namespace {

using nlohmann::json;

struct Promise {
  std::string_view name;
  std::string_view text;
};
constexpr Promise kPromises[] = {
    {"P1", "in person first"},
    {"P2", "one code, one phone, one time"},
    {"P3", "limits"},
    {"P4", "nothing off the record"},
    {"P6", "the erased stay erased"},
    {"P7", "nobody where they do not belong"},
};

// docs/auditing.md, "What cannot be proven".
constexpr std::string_view kNotProvable[] = {
    "that the policy version named was in force on that day",
    "that the face engine signed the face result, that the reader was allowed",
    "that a read nonce was given out just before",
    "what stands behind the commitments of card and phone",
};
constexpr std::string_view kKindNotProvable =
    "that some older orders are of the kind that was attested";

std::map<std::string, uint64_t> CountsByPromise(
    const ledger::AuditFindings& found) {
  std::map<std::string, uint64_t> counts;
  for (const auto& [kind, count] : found.counts) {
    counts[std::string(ledger::InfoOf(kind).promise)] += count;
  }
  return counts;
}

std::vector<std::string> NotProvable(const ledger::AuditFindings& found) {
  std::vector<std::string> texts(std::begin(kNotProvable),
                                 std::end(kNotProvable));
  if (found.orders_without_kind > 0) {
    texts.push_back(absl::StrCat(std::string(kKindNotProvable), " (",
                                 found.orders_without_kind, ")"));
  }
  return texts;
}

uint64_t Total(const ledger::AuditFindings& found) {
  uint64_t total = 0;
  for (const auto& [kind, count] : found.counts) total += count;
  return total;
}

std::string Counted(uint64_t violations) {
  return absl::StrCat(violations,
                      violations == 1 ? " violation" : " violations");
}

std::string LineOf(const ledger::Violation& violation) {
  const ledger::ViolationInfo& info = ledger::InfoOf(violation.kind);
  std::string line = absl::StrCat("violation ", std::string(info.name), " (",
                                  std::string(info.promise), ") entries ",
                                  absl::StrJoin(violation.entries, ", "), ": ");
  absl::StrAppend(&line, std::string(info.text));
  if (!violation.subject.empty()) {
    absl::StrAppend(&line, "; ", violation.subject);
  }
  if (!violation.detail.empty()) absl::StrAppend(&line, "; ", violation.detail);
  if (!violation.settled) absl::StrAppend(&line, "; not settled yet");
  return line + "\n";
}

std::string LinesOf(const ledger::WalkReport& walk) {
  std::string text = absl::StrCat("log       ", walk.checkpoint.origin, ": ",
                                  walk.checkpoint.size, " entries, root ",
                                  crypto::Base64(walk.checkpoint.root));
  if (walk.base > 0) {
    absl::StrAppend(&text, ", counted from ", walk.base);
  }
  const uint64_t size = walk.checkpoint.size;
  absl::StrAppend(
      &text, "\naudited   ",
      walk.first < size ? absl::StrCat("entries ", walk.base + walk.first,
                                       " to ", walk.base + size - 1)
                        : std::string("no new entries"),
      "; ", walk.bundle_count, " bundles and ", walk.tile_count,
      " tiles checked",
      walk.first > 0 ? "; extends what was audited before" : "", "\n");
  return text;
}

json JsonOf(const ledger::WalkReport& walk) {
  return {{"origin", walk.checkpoint.origin},
          {"size", walk.checkpoint.size},
          {"root", crypto::Base64(walk.checkpoint.root)},
          {"checkpoint", walk.note},
          {"counted_from", walk.base},
          {"first_entry", walk.base + walk.first},
          {"bundle_count", walk.bundle_count},
          {"tile_count", walk.tile_count}};
}

}  // namespace

std::string AuditText(std::span<const ledger::WalkReport> walks,
                      const ledger::AuditFindings& found) {
  std::string text;
  for (const ledger::WalkReport& walk : walks) text += LinesOf(walk);
  absl::StrAppend(&text, "codes     ", found.codes_revealed, " revealed, ",
                  found.codes_proven, " proven\n");
  const std::map<std::string, uint64_t> counts = CountsByPromise(found);
  for (const Promise& promise : kPromises) {
    const auto count = counts.find(std::string(promise.name));
    absl::StrAppend(
        &text, std::string(promise.name), " ", std::string(promise.text), ": ",
        count == counts.end() ? "holds" : Counted(count->second), "\n");
  }
  for (const auto& [reason, count] : found.alarms) {
    absl::StrAppend(&text, "alarm     ", reason, " ", count, "\n");
  }
  for (const std::string& what : NotProvable(found)) {
    absl::StrAppend(&text, "not provable: ", what, "\n");
  }
  for (const ledger::Violation& violation : found.violations) {
    text += LineOf(violation);
  }
  const uint64_t total = Total(found);
  absl::StrAppend(&text, "RESULT    ", total == 0 ? "clean" : Counted(total),
                  "\n");
  return text;
}

std::string AuditJson(std::span<const ledger::WalkReport> walks,
                      const ledger::AuditFindings& found) {
  json violations = json::array();
  for (const ledger::Violation& violation : found.violations) {
    const ledger::ViolationInfo& info = ledger::InfoOf(violation.kind);
    violations.push_back({{"kind", info.name},
                          {"promise", info.promise},
                          {"entries", violation.entries},
                          {"subject", violation.subject},
                          {"text", info.text},
                          {"detail", violation.detail},
                          {"settled", violation.settled}});
  }
  const std::map<std::string, uint64_t> counts = CountsByPromise(found);
  json promises = json::object();
  for (const Promise& promise : kPromises) {
    const auto count = counts.find(std::string(promise.name));
    promises[std::string(promise.name)] = {
        {"text", promise.text},
        {"violation_count", count == counts.end() ? 0 : count->second}};
  }
  json logs = json::array();
  for (const ledger::WalkReport& walk : walks) logs.push_back(JsonOf(walk));
  const uint64_t total = Total(found);
  const json object = {
      {"result", total == 0 ? "clean" : "violations"},
      {"logs", logs},
      {"codes",
       {{"revealed", found.codes_revealed}, {"proven", found.codes_proven}}},
      {"promises", promises},
      {"violation_count", total},
      {"violations", violations},
      {"alarms", found.alarms},
      {"not_provable", NotProvable(found)}};
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string AuditFailureJson(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  const json object = {
      {"result", "unknown"},
      {"reason", reason.has_value() ? NameOf(*reason) : std::string_view("")},
      {"message", std::string(status.message())}};
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace shiming::shimingctl
