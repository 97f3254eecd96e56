#include "tools/shimingctl/enrollment.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/crypto/encoding.h"
#include "common/crypto/keys.h"
#include "common/crypto/password.h"
#include "common/crypto/random.h"
#include "common/files/file.h"
#include "common/ids/ids.h"
#include "common/status/status_macros.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tools/shimingctl/connection.h"

namespace shiming::shimingctl {
namespace {

namespace v1 = terminal::v1;
using Stub = v1::TerminalAdminService::Stub;

// RFC 4226 section 4, R6: 160 bits are recommended.
constexpr size_t kTotpSeedBytes = 20;
// 120 random bits in base32.
constexpr size_t kPasswordBytes = 15;

absl::StatusOr<std::unique_ptr<Stub>> Connect(Arguments& arguments) {
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  ASSIGN_OR_RETURN(const std::string admin, arguments.Required("as"));
  ASSIGN_OR_RETURN(
      std::shared_ptr<grpc::Channel> channel,
      ConnectAs(config, "admin", admin, config.terminal_session()));
  return v1::TerminalAdminService::NewStub(channel);
}

// "<shop>/<id>".
absl::StatusOr<std::pair<std::string, std::string>> SplitId(
    const std::string& id) {
  const std::vector<std::string> parts = absl::StrSplit(id, '/');
  if (parts.size() != 2) {
    return absl::InvalidArgumentError("the id is SHOP/ID");
  }
  return std::make_pair(parts[0], parts[1]);
}

absl::StatusOr<std::string> ReadPublicKey(Arguments& arguments,
                                          const std::string& option) {
  ASSIGN_OR_RETURN(const std::string path, arguments.Required(option));
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(path));
  ASSIGN_OR_RETURN(const crypto::VerifyKey key,
                   crypto::VerifyKey::FromPem(pem));
  return key.Der();
}

// "09:00" as minutes since midnight.
absl::StatusOr<int> ParseMinute(const std::string& text) {
  int hour = 0;
  int minute = 0;
  char rest = 0;
  if (sscanf(text.c_str(), "%2d:%2d%c", &hour, &minute, &rest) != 2 ||
      hour < 0 || hour > 24 || minute < 0 || minute > 59) {
    return absl::InvalidArgumentError(absl::StrCat("no time of day: ", text));
  }
  return hour * 60 + minute;
}

// "1-5/09:00-18:00": Monday to Friday.
absl::Status AddHours(const std::string& text, v1::Shop& shop) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  if (parts.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat("no hours: ", text));
  }
  const std::vector<std::string> days = absl::StrSplit(parts[0], '-');
  const std::vector<std::string> times = absl::StrSplit(parts[1], '-');
  if (times.size() != 2 || days.empty() || days.size() > 2) {
    return absl::InvalidArgumentError(absl::StrCat("no hours: ", text));
  }
  ASSIGN_OR_RETURN(const int open, ParseMinute(times[0]));
  ASSIGN_OR_RETURN(const int close, ParseMinute(times[1]));
  const int first = atoi(days.front().c_str());
  const int last = atoi(days.back().c_str());
  if (first < 1 || last > 7 || first > last) {
    return absl::InvalidArgumentError(absl::StrCat("no weekdays: ", text));
  }
  for (int day = first; day <= last; ++day) {
    v1::OpeningHours& hours = *shop.add_opening_hours();
    hours.set_weekday(day);
    hours.set_open_minute(open);
    hours.set_close_minute(close);
  }
  return absl::OkStatus();
}

absl::Status FillShop(const std::string& id, Arguments& arguments,
                      v1::Shop& shop) {
  shop.set_shop_id(id);
  ASSIGN_OR_RETURN(*shop.mutable_name(), arguments.Required("name"));
  ASSIGN_OR_RETURN(*shop.mutable_region(), arguments.Required("region"));
  ASSIGN_OR_RETURN(const std::string zones, arguments.Required("zones"));
  for (const auto& zone : absl::StrSplit(zones, ',')) {
    shop.add_network_zones(std::string(zone));
  }
  ASSIGN_OR_RETURN(const std::string hours, arguments.Required("hours"));
  if (hours == "always") {
    shop.set_always_open(true);
    return absl::OkStatus();
  }
  for (const auto& part : absl::StrSplit(hours, ',')) {
    RETURN_IF_ERROR(AddHours(std::string(part), shop));
  }
  return absl::OkStatus();
}

absl::Status FillTerminal(const std::string& id, Arguments& arguments,
                          v1::Terminal& terminal) {
  ASSIGN_OR_RETURN(const auto parts, SplitId(id));
  terminal.set_shop_id(parts.first);
  terminal.set_terminal_id(parts.second);
  ASSIGN_OR_RETURN(*terminal.mutable_tls_public_key(),
                   ReadPublicKey(arguments, "tls-key"));
  ASSIGN_OR_RETURN(*terminal.mutable_evidence_public_key(),
                   ReadPublicKey(arguments, "evidence-key"));
  return absl::OkStatus();
}

absl::Status FillDisplay(const std::string& id, Arguments& arguments,
                         v1::Display& display) {
  ASSIGN_OR_RETURN(const auto parts, SplitId(id));
  display.set_shop_id(parts.first);
  display.set_display_id(parts.second);
  ASSIGN_OR_RETURN(*display.mutable_tls_public_key(),
                   ReadPublicKey(arguments, "tls-key"));
  ASSIGN_OR_RETURN(*display.mutable_terminal_id(),
                   arguments.Required("terminal"));
  return absl::OkStatus();
}

absl::Status FillClerk(const std::string& id, Arguments& arguments,
                       v1::Clerk& clerk) {
  clerk.set_clerk_id(id);
  ASSIGN_OR_RETURN(*clerk.mutable_shop_id(), arguments.Required("shop"));
  const std::string role = arguments.Option("role", "clerk");
  if (role == "supervisor") {
    clerk.set_role(v1::CLERK_ROLE_SUPERVISOR);
  } else if (role == "clerk") {
    clerk.set_role(v1::CLERK_ROLE_CLERK);
  } else {
    return absl::InvalidArgumentError("--role is clerk or supervisor");
  }
  ASSIGN_OR_RETURN(const std::string out, arguments.Required("out"));
  RETURN_IF_ERROR(MakeFolder(out, FileAccess::kOwner));

  crypto::Random& random = crypto::SystemRandom();
  const crypto::Secret password(crypto::Base32(random.Bytes(kPasswordBytes)));
  clerk.set_totp_seed(random.Bytes(kTotpSeedBytes));
  ASSIGN_OR_RETURN(*clerk.mutable_password_hash(),
                   crypto::HashPassword(password));
  RETURN_IF_ERROR(
      ReplaceFile(out + "/password", password.Reveal(), FileAccess::kOwner));
  return ReplaceFile(out + "/totp_seed", crypto::Base32(clerk.totp_seed()),
                     FileAccess::kOwner);
}

absl::StatusOr<v1::SubjectKind> ParseKind(const std::string& text) {
  if (text == "shop") return v1::SUBJECT_KIND_SHOP;
  if (text == "terminal") return v1::SUBJECT_KIND_TERMINAL;
  if (text == "display") return v1::SUBJECT_KIND_DISPLAY;
  if (text == "clerk") return v1::SUBJECT_KIND_CLERK;
  return absl::InvalidArgumentError(
      "the kind is shop, terminal, display or clerk");
}

std::string_view NameOf(v1::SubjectState state) {
  switch (state) {
    case v1::SUBJECT_STATE_PROPOSED:
      return "proposed";
    case v1::SUBJECT_STATE_APPROVED:
      return "approved";
    case v1::SUBJECT_STATE_REVOKED:
      return "revoked";
    default:
      return "unknown";
  }
}

void Print(const v1::Subject& subject) {
  printf("%-32s %-9s %s proposed by %s%s%s\n", subject.subject_id().c_str(),
         std::string(NameOf(subject.state())).c_str(), subject.digest().c_str(),
         subject.proposed_by().c_str(),
         subject.approved_by().empty() ? "" : ", approved by ",
         subject.approved_by().c_str());
}

}  // namespace

absl::Status RunEnroll(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string kind_text, arguments.Word(1, "kind"));
  ASSIGN_OR_RETURN(const std::string id, arguments.Word(2, "id"));
  ASSIGN_OR_RETURN(const v1::SubjectKind kind, ParseKind(kind_text));
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  v1::ProposeRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  v1::ProposalContent& content = *request.mutable_content();
  switch (kind) {
    case v1::SUBJECT_KIND_SHOP:
      RETURN_IF_ERROR(FillShop(id, arguments, *content.mutable_shop()));
      break;
    case v1::SUBJECT_KIND_TERMINAL:
      RETURN_IF_ERROR(FillTerminal(id, arguments, *content.mutable_terminal()));
      break;
    case v1::SUBJECT_KIND_DISPLAY:
      RETURN_IF_ERROR(FillDisplay(id, arguments, *content.mutable_display()));
      break;
    default:
      RETURN_IF_ERROR(FillClerk(id, arguments, *content.mutable_clerk()));
  }
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const v1::ProposeResponse response,
                   CallBlocking(*stub, &Stub::Propose, request));
  printf("%s\n", response.subject().digest().c_str());
  return absl::OkStatus();
}

absl::Status RunApprove(Arguments& arguments) {
  v1::ApproveRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  ASSIGN_OR_RETURN(*request.mutable_digest(), arguments.Word(1, "digest"));
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const v1::ApproveResponse response,
                   CallBlocking(*stub, &Stub::Approve, request));
  Print(response.subject());
  return absl::OkStatus();
}

absl::Status RunRevoke(Arguments& arguments) {
  v1::RevokeRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  ASSIGN_OR_RETURN(const std::string kind, arguments.Word(1, "kind"));
  ASSIGN_OR_RETURN(const v1::SubjectKind subject_kind, ParseKind(kind));
  request.set_kind(subject_kind);
  ASSIGN_OR_RETURN(*request.mutable_subject_id(), arguments.Word(2, "id"));
  ASSIGN_OR_RETURN(*request.mutable_why(), arguments.Required("why"));
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const v1::RevokeResponse response,
                   CallBlocking(*stub, &Stub::Revoke, request));
  Print(response.subject());
  return absl::OkStatus();
}

absl::Status RunList(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string kind, arguments.Word(1, "kind"));
  v1::ListRequest request;
  ASSIGN_OR_RETURN(const v1::SubjectKind subject_kind, ParseKind(kind));
  request.set_kind(subject_kind);
  ASSIGN_OR_RETURN(std::unique_ptr<Stub> stub, Connect(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  while (true) {
    ASSIGN_OR_RETURN(const v1::ListResponse response,
                     CallBlocking(*stub, &Stub::List, request));
    for (const v1::Subject& subject : response.subjects()) Print(subject);
    if (response.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  }
}

}  // namespace shiming::shimingctl
