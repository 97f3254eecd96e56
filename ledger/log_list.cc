#include "ledger/log_list.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::ledger {
namespace {

constexpr std::string_view kHeader = "shiming log list v1";

absl::Status Malformed() {
  return MakeError(Reason::LEDGER_FORMAT_INVALID, "malformed list of logs");
}

std::string FormatLogList(const LogList& list) {
  std::string text = absl::StrCat(std::string(kHeader), "\n");
  for (const Checkpoint& log : list.frozen) {
    absl::StrAppend(&text, "frozen ", log.origin, " ", log.size, " ",
                    crypto::Base64(log.root), "\n");
  }
  absl::StrAppend(&text, "open ", list.open_origin, "\n");
  return text;
}

absl::StatusOr<LogList> ParseLogList(const std::string& text) {
  LogList list;
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  // Header, open log, and what is behind the last LF.
  if (lines.size() < 3 || lines[0] != kHeader) return Malformed();
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::vector<std::string> words = absl::StrSplit(lines[i], ' ');
    const bool is_open = i + 2 == lines.size();
    if (is_open && words.size() == 2 && words[0] == "open") {
      list.open_origin = words[1];
      continue;
    }
    Checkpoint log;
    if (is_open || words.size() != 4 || words[0] != "frozen" ||
        !absl::SimpleAtoi(words[2], &log.size)) {
      return Malformed();
    }
    log.origin = words[1];
    ASSIGN_OR_RETURN(log.root, crypto::FromBase64(words[3]));
    if (log.root.size() != kHashSize) return Malformed();
    list.frozen.push_back(std::move(log));
  }
  // One way to write it, and no other.
  if (FormatLogList(list) != text) return Malformed();
  return list;
}

}  // namespace

absl::StatusOr<std::string> SignLogList(const LogList& list,
                                        const NoteSigner& signer,
                                        absl::Time time) {
  const std::string text = FormatLogList(list);
  ASSIGN_OR_RETURN(const std::string line, signer.SignLine(text, time));
  return JoinNote(text, line);
}

absl::StatusOr<LogList> OpenLogList(std::string_view note,
                                    const TrustPolicy& policy) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  ASSIGN_OR_RETURN(LogList list, ParseLogList(parsed.text));
  std::vector<NoteVerifier> keys;
  for (const NoteVerifier& log : policy.logs()) {
    if (log.name() == list.open_origin) keys.push_back(log);
  }
  RETURN_IF_ERROR(VerifyNote(parsed, keys).status());
  return list;
}

}  // namespace shiming::ledger
