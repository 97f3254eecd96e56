// Writes the planted ledgers, and a clean one, as folders with the files of a
// log, for whoever writes an auditor of his own:
//
//   bazel run //tests/conformance:write_ledgers -- --out=/some/folder
//
// <out>/pseudonym.key and .salt are K of all; <out>/<KIND>_<Name>/ has the log
// in 1/ (where it is about several logs, the next ones in 2/ ...), the policy
// that trusts their keys in policy, and in expected.json the kind and entries
// that must be found.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "ledger/audit/violation.h"
#include "tests/conformance/planted_ledgers.h"

ABSL_FLAG(std::string, out, "", "folder that is made");

namespace shiming::conformance {
namespace {

absl::Status Write(const std::string& folder, const SyntheticLedger& ledger,
                   const nlohmann::json& expected) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  RETURN_IF_ERROR(PublishLogs(ledger, folder).status());
  return ReplaceFile(folder + "/expected.json", expected.dump(2) + "\n",
                     FileAccess::kEveryone);
}

absl::Status WriteAll(const std::string& out) {
  PlantedLedger clean;
  for (int i = 0; i < 30; ++i) clean.ledger.Issue(clean.first);
  RETURN_IF_ERROR(Write(out + "/clean", clean.ledger, nlohmann::json::array()));
  RETURN_IF_ERROR(ReplaceFile(out + "/pseudonym.key",
                              crypto::ToHex(SyntheticPseudonymKey()) + "\n",
                              FileAccess::kOwner));
  RETURN_IF_ERROR(ReplaceFile(out + "/pseudonym.salt",
                              crypto::ToHex(SyntheticPseudonymKeySalt()) + "\n",
                              FileAccess::kOwner));
  for (const Plant& plant : Plants()) {
    PlantedLedger planted;
    const std::vector<uint64_t> entries = plant.make(planted);
    if (plant.goes_on) planted.ledger.Issue(planted.second);
    const std::string kind(ledger::InfoOf(plant.kind).name);
    RETURN_IF_ERROR(Write(out + "/" + kind + "_" + plant.name, planted.ledger,
                          {{{"kind", kind}, {"entries", entries}}}));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace shiming::conformance

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  const std::string out = absl::GetFlag(FLAGS_out);
  if (out.empty()) {
    fputs("--out=FOLDER is missing\n", stderr);
    return 2;
  }
  const absl::Status status = shiming::conformance::WriteAll(out);
  if (!status.ok()) fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
