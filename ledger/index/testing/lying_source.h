// A ledger that lies.
#ifndef SHIMING_LEDGER_INDEX_TESTING_LYING_SOURCE_H_
#define SHIMING_LEDGER_INDEX_TESTING_LYING_SOURCE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status_macros.h"
#include "ledger/index/testing/test_ledger.h"

namespace shiming::ledger::testing {

// Changes the answers of a ledger that is honest otherwise.
class LyingSource final : public AnswerSource {
 public:
  explicit LyingSource(TestLedger& ledger) : ledger_(ledger) {}

  absl::StatusOr<std::string> Checkpoint() override {
    ASSIGN_OR_RETURN(std::string note, ledger_.Checkpoint());
    if (change_note) change_note(note);
    return note;
  }
  absl::StatusOr<ProofPage> Prove(const v1::IndexQuestion& question,
                                  int64_t tree_size, int64_t seal,
                                  int64_t leaf) override {
    ASSIGN_OR_RETURN(
        ProofPage page,
        ledger_.Prove(answers_another.field() == v1::INDEX_FIELD_UNSPECIFIED
                          ? question
                          : answers_another,
                      tree_size, seal, leaf));
    if (change_page) change_page(page);
    return page;
  }
  absl::StatusOr<std::vector<Hash>> InclusionPath(uint64_t index,
                                                  uint64_t size) override {
    ASSIGN_OR_RETURN(std::vector<Hash> path,
                     ledger_.InclusionPath(index, size));
    if (change_path) change_path(path);
    return path;
  }
  absl::Status Scan(uint64_t begin, uint64_t end, const Visit& visit) override {
    std::vector<std::pair<uint64_t, std::string>> entries;
    RETURN_IF_ERROR(
        ledger_.Scan(begin, end, [&](uint64_t index, std::string entry) {
          entries.emplace_back(index, std::move(entry));
          return absl::OkStatus();
        }));
    if (change_scan) change_scan(entries);
    for (auto& [index, entry] : entries) {
      RETURN_IF_ERROR(visit(index, std::move(entry)));
    }
    return absl::OkStatus();
  }

  std::function<void(std::string&)> change_note;
  v1::IndexQuestion answers_another;
  std::function<void(ProofPage&)> change_page;
  std::function<void(std::vector<Hash>&)> change_path;
  std::function<void(std::vector<std::pair<uint64_t, std::string>>&)>
      change_scan;

 private:
  TestLedger& ledger_;
};

}  // namespace shiming::ledger::testing

#endif  // SHIMING_LEDGER_INDEX_TESTING_LYING_SOURCE_H_
