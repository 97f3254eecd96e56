#include "tools/shimingctl/check.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/ids/activation_code.h"
#include "common/ids/eid.h"
#include "common/ids/iccid.h"
#include "common/ids/imei.h"
#include "common/ids/msisdn.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/document/card_block.h"
#include "identity/document/id_number.h"

namespace shiming::shimingctl {
namespace {

absl::Status CheckCardBlock(std::string_view hex, Date as_of) {
  absl::StatusOr<std::string> block = crypto::FromHex(hex);
  if (!block.ok()) {
    return MakeError(
        hex.size() % 2 == 0 ? Reason::BAD_CHARACTER : Reason::BAD_BLOCK_LENGTH,
        "not the hex digits of whole bytes");
  }
  return identity::ParseCardBlock(*block, as_of).status();
}

absl::StatusOr<absl::Status> Outcome(std::string_view identifier,
                                     std::string_view value,
                                     std::string_view kind, Date as_of) {
  if (identifier == "eid") return Eid::Parse(value).status();
  if (identifier == "iccid") return Iccid::Parse(value).status();
  if (identifier == "imei") return Imei::Parse(value).status();
  if (identifier == "msisdn") return Msisdn::Parse(value).status();
  if (identifier == "activation-code") {
    return ActivationCode::Parse(value).status();
  }
  if (identifier == "card-block") return CheckCardBlock(value, as_of);
  if (identifier == "id-number") {
    const auto known = identity::DocumentKindByName(kind);
    if (!known.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown kind ", std::string(kind)));
    }
    return identity::ParseIdNumber(value, *known, as_of).status();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown identifier ", std::string(identifier)));
}

}  // namespace

absl::StatusOr<std::string> CheckIdentifier(std::string_view identifier,
                                            std::string_view value,
                                            std::string_view kind, Date as_of) {
  const absl::StatusOr<absl::Status> outcome =
      Outcome(identifier, value, kind, as_of);
  if (!outcome.ok()) return outcome.status();
  if (outcome->ok()) return std::string("OK");
  const std::optional<Reason> reason = ReasonOf(*outcome);
  if (!reason.has_value()) return *outcome;
  return std::string(NameOf(*reason));
}

absl::StatusOr<int> RunCheck(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string identifier,
                   arguments.Word(1, "identifier"));
  ASSIGN_OR_RETURN(const std::string value, arguments.Word(2, "value"));
  const std::string kind = arguments.Option("kind", "RESIDENT_ID");
  const std::string as_of_text = arguments.Option("as-of");
  const std::string output = arguments.Option("output", "text");
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  if (output != "text" && output != "json") {
    return absl::InvalidArgumentError("-o is text or json");
  }
  Date as_of = Date::Of(absl::Now());
  if (!as_of_text.empty()) {
    ASSIGN_OR_RETURN(as_of, Date::ParseIso(as_of_text));
  }
  ASSIGN_OR_RETURN(const std::string result,
                   CheckIdentifier(identifier, value, kind, as_of));
  const bool ok = result == "OK";
  if (output == "json") {
    // Both values are from fixed sets: nothing to escape.
    printf("{\"identifier\":\"%s\",\"ok\":%s,\"reason\":\"%s\"}\n",
           identifier.c_str(), ok ? "true" : "false", result.c_str());
  } else {
    printf("%s\n", result.c_str());
  }
  return ok ? 0 : 1;
}

}  // namespace shiming::shimingctl
